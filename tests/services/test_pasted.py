"""What people copy out of a mail program."""

import pytest

from daybreak.services.pasted import pasted_addresses


@pytest.mark.parametrize(
    ("text", "addresses"),
    [
        ("", []),
        (" , ;\n\n", []),
        ("a@x.org\nb@x.org", ["a@x.org", "b@x.org"]),
        ("a@x.org, b@x.org; c@x.org;", ["a@x.org", "b@x.org", "c@x.org"]),
        ("Bob Jones <bob@x.org>", ["bob@x.org"]),
        ('"Smith, Carol" <carol@x.org>, Bob <bob@x.org>', ["carol@x.org", "bob@x.org"]),
        ("Smith, Carol <carol@x.org>; Jones, Bob <bob@x.org>", ["carol@x.org", "bob@x.org"]),
        ("a@x.org, Smith, Carol <carol@x.org>", ["a@x.org", "carol@x.org"]),
        ("BOB@x.org\nbob@x.org\nBob <Bob@x.org>", ["BOB@x.org"]),
        ("nobody, a@x.org", ["nobody", "a@x.org"]),
        ("nobody\nBob <bob@x.org>", ["nobody", "bob@x.org"]),
        ("nonsense@ <\nbob@x.org", ["nonsense@ <", "bob@x.org"]),
        ('"Bob <bob@x.org>', ["bob@x.org"]),
    ],
)
def test_what_is_meant(text: str, addresses: list[str]) -> None:
    assert list(pasted_addresses(text).values()) == addresses


def test_an_entry_is_kept_as_it_was_typed() -> None:
    assert pasted_addresses('"Smith, Carol" <carol@x>') == {'"Smith, Carol" <carol@x>': "carol@x"}
