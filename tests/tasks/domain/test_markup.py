"""What people read of HTML."""

from tasks.domain.markup import plain_text


def test_markup_is_no_word() -> None:
    assert plain_text("<p>In&nbsp;scope:<br/>tides &amp; alarms</p>") == "In scope: tides & alarms"
    assert plain_text("<p>Docks &amp; cranes</p><ul><li>no hardware</li></ul>") == (
        "Docks & cranes no hardware"
    )


def test_nothing_is_read_of_nothing() -> None:
    assert plain_text(None) == plain_text("<p><br></p>") == ""
