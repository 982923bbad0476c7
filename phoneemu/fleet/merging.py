"""What RISPort, pages and the cluster's table of models add to the phones of tables.

What runs, and what a phone itself showed, counts before what is configured.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping

import attrs

from phoneemu.catalogue import catalogue
from phoneemu.fleet.columns import first_said
from phoneemu.fleet.holding import OTHER
from phoneemu.fleet.listed import Inventory, Listed, Traits
from phoneemu.fleet.phonepages import Page, Told
from phoneemu.fleet.remarks import Remark
from phoneemu.fleet.risport import Sighting


def with_sightings(inventory: Inventory, seen: Mapping[str, Sighting]) -> Inventory:
    """The inventory with what RISPort saw: the load that runs, and phones that stand in no other export."""
    shared: dict[tuple[Traits, str, str], Traits] = {}
    phones: dict[str, Listed] = {}
    for phone in inventory.phones:
        sighting = seen.get(phone.name.upper())
        if sighting is not None and (sighting.load or sighting.protocol):
            key = (phone.traits, sighting.load, sighting.protocol)
            if key not in shared:
                shared[key] = phone.traits._replace(
                    load=sighting.load or phone.traits.load,
                    protocol=phone.traits.protocol or sighting.protocol,
                )
            phone = phone._replace(traits=shared[key])
        phones[phone.name.upper()] = phone
    for name, sighting in seen.items():
        if name not in phones:
            traits = Traits(model=sighting.model, protocol=sighting.protocol, load=sighting.load)
            phones[name] = Listed(
                sighting.name, shared.setdefault((traits, "", ""), traits), sighting.file, sighting.line
            )
    return attrs.evolve(inventory, phones=tuple(phones.values()))


def _changed(listed: Inventory, wanted: Iterable[str], change: Callable[[Listed], Traits]) -> Inventory:
    """The inventory with the traits of phones of these upper-case names changed; equal ones are one value."""
    names = frozenset(wanted)
    if not names:
        return listed
    shared: dict[Traits, Traits] = {}

    def changed(phone: Listed) -> Listed:
        if phone.name.upper() not in names:
            return phone
        traits = change(phone)
        return phone._replace(traits=shared.setdefault(traits, traits))

    return attrs.evolve(listed, phones=tuple(changed(phone) for phone in listed.phones))


def with_pages(listed: Inventory, pages: Mapping[str, Page]) -> Inventory:
    """What a phone's own page says counts before what is configured; unknown phones stand behind."""

    def change(phone: Listed) -> Traits:
        page, traits = pages[phone.name.upper()], phone.traits
        return traits._replace(
            model=traits.model or _model(page.model),
            load=page.load or traits.load,
            mode=traits.mode or page.mode,
            ctl=first_said((page.ctl, traits.ctl)),
            itl=first_said((page.itl, traits.itl)),
            tftp=" ".join(page.tftp) or traits.tftp,
        )

    known = {phone.name.upper() for phone in listed.phones}
    new = tuple(
        Listed(page.name, Traits(), page.file, page.line) for name, page in pages.items() if name not in known
    )
    return _changed(attrs.evolve(listed, phones=(*listed.phones, *new)), pages, change)


def _model(text: str) -> str:
    """A page's model as the catalogue may know it: product numbers bear a suffix there."""
    bare = text.partition("-K")[0]
    for known in (text, bare, bare.removesuffix("G")):
        if known and catalogue().find(known) is not None:
            return known
    return text


def told(pages: Iterable[Page]) -> Iterator[Remark]:
    """What status messages said, and what is taken from it."""
    for page in pages:
        if page.refused is not None and not (page.ctl and page.itl):
            text = f"{page.name} says that {page.refused.value}: it is taken to hold a list nobody can name"
            yield Remark(place=page.told_at, text=text)
        elif len(page.told) > 1:
            words = ", ".join(sorted(each.value for each in page.told))
            yield Remark(place=page.told_at, text=f"{page.name} says: {words}; nothing is taken from it")


def with_refusals(listed: Inventory, pages: Mapping[str, Page]) -> Inventory:
    """Phones that tell of a failed update, and showed no checksum, hold another list than is served."""

    def change(phone: Listed) -> Traits:
        traits = phone.traits
        known = catalogue().find(traits.model) if traits.model else None
        profile = None if known is None else catalogue().profile(known.model, traits.load or None)
        only_ctl = profile is not None and profile.reads_itl.value is False
        if only_ctl or pages[phone.name.upper()].refused is Told.CTL_FAILED:
            return traits._replace(ctl=traits.ctl or OTHER)
        return traits._replace(itl=traits.itl or OTHER)

    return _changed(listed, (name for name, page in pages.items() if page.refused), change)


def with_models(listed: Inventory, models: Mapping[str, str]) -> Inventory:
    """Model numbers that the catalogue does not know, by the cluster's own table of them."""
    unknown = {
        number: name
        for number, name in models.items()
        if catalogue().find(number) is None and catalogue().find(name) is not None
    }
    if not unknown:
        return listed
    wanted = [phone.name.upper() for phone in listed.phones if phone.traits.model in unknown]
    return _changed(listed, wanted, lambda phone: phone.traits._replace(model=unknown[phone.traits.model]))
