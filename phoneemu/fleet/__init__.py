"""Many phones: exports in, a runbook run over every class of identical phones, an answer out."""
