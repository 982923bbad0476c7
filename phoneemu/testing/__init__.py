"""Judging a phone, this project's or anybody's: stories, and the door an endpoint is driven through.

For your own suites (docs/testing.md): the pytest plugin's fixtures `office`, `phone`, `lab` and `endpoint`,
`telling` for stories, `strategies` and `machine` for Hypothesis.
"""
