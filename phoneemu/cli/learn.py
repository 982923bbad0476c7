"""`phoneemu learn`: which model facts would make captured boots replay as they were."""

import argparse
from pathlib import Path

HELP = "propose the model facts that would make replays agree; nothing is changed"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument(
        "case", nargs="+", type=Path, metavar="CASE", help="a case's folder, or a folder of cases"
    )
    parser.add_argument(
        "--output", type=Path, metavar="FILE", help="write the proposals there instead of printing"
    )


def run(arguments: argparse.Namespace) -> int:
    """Print a patch for each phone type; 1 when some cases agree by no change that was tried."""
    from phoneemu.catalogue import catalogue
    from phoneemu.cli._outputs import refuse_wrong
    from phoneemu.files import write_text
    from phoneemu.replay import learn, suite

    if arguments.output is not None:
        refuse_wrong(
            {"--output": arguments.output}, inputs=arguments.case, folders=suite.folders(arguments.case)
        )
    shipped = catalogue()
    lessons = learn.learn(suite.recordings(arguments.case), shipped)
    text = "\n\n".join("\n".join(learn.lines(lesson, shipped)) for lesson in lessons) + "\n"
    if arguments.output:
        write_text(arguments.output, text)
    else:
        print(text, end="")
    return int(any(lesson.differs and not lesson.solutions for lesson in lessons))
