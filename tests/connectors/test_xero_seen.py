from __future__ import annotations

from connectors.xero.seen import Seen


def test_each_text_is_new_once() -> None:
    seen = Seen()
    texts = [f"invoice:{number}@{number % 3}" for number in range(20_000)]
    assert all(seen.first_time(text) for text in texts)
    assert not any(seen.first_time(text) for text in texts)


def test_another_version_of_the_same_is_new() -> None:
    seen = Seen()
    assert seen.first_time("invoice:1@1")
    assert seen.first_time("invoice:1@2")


def test_half_a_character_in_an_id_is_a_text_like_any_other() -> None:
    seen = Seen()
    assert seen.first_time("\ud83d")
    assert not seen.first_time("\ud83d")
