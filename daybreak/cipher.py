"""Secrets at rest: webhook addresses are encrypted with keys that are not SECRET_KEY."""

from dataclasses import dataclass

from cryptography.fernet import Fernet, MultiFernet


@dataclass(frozen=True)
class Cipher:
    """Encrypts with the first key and decrypts with any of them."""

    keys: tuple[str, ...]

    def seal(self, text: str) -> bytes:
        """Encrypt a text."""
        return self._fernet().encrypt(text.encode())

    def open(self, sealed: bytes) -> str:
        """Decrypt a text. Raises cryptography.fernet.InvalidToken if no key fits."""
        return self._fernet().decrypt(sealed).decode()

    def reseal(self, sealed: bytes) -> bytes:
        """Encrypt anew, with the first key. Raises cryptography.fernet.InvalidToken if no key fits."""
        return self._fernet().rotate(sealed)

    def _fernet(self) -> MultiFernet:
        return MultiFernet([Fernet(key) for key in self.keys])
