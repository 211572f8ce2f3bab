"""Random tokens: only their hashes are ever stored."""

import hashlib
import secrets


def new_token() -> str:
    """Return a fresh token of 128 random bits, fit for an address."""
    return secrets.token_urlsafe(16)


def new_code() -> str:
    """Return six random digits."""
    return f"{secrets.randbelow(1_000_000):06d}"


def hash_token(token: str) -> str:
    """Return what is stored of a token: its SHA-256 in hex; enough, since tokens are random."""
    return hashlib.sha256(token.encode()).hexdigest()
