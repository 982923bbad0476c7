"""Judging a phone, this project's or anybody's: stories, and the door an endpoint is driven through."""
