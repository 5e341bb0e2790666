"""What documents and remedies tell operators is what the fleet needs."""

import json
import re
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import pytest
from typer.main import get_command

from tasks.execution.pending_approvals import submitted
from workers.commands.cli import cli

ROOT = Path(__file__).parents[1]
# Kombu's own channel.
OTHERS = {("workers.broker.wary_redis", "Channel")}


def told() -> Iterator[tuple[str, str]]:
    """Each file that operators read, or are shown words of, on one line."""
    pages = [ROOT / "README.md", ROOT / ".env.example", *(ROOT / "docs").glob("*.md")]
    for path in (*pages, *(ROOT / "workers").rglob("*.py")):
        text = re.sub(r"\s+", " ", path.read_text(encoding="utf-8").replace('" "', ""))
        yield str(path.relative_to(ROOT)), text


def test_nobody_is_asked_to_start_workers_anew_for_what_they_take_up_by_themselves() -> None:
    asked = re.compile(r"start (?:the workers|all|all processes|them) anew|restart all processes")
    assert [(name, found[0]) for name, text in told() if (found := asked.search(text))] == []


def test_nobody_is_told_that_flower_stops_workers() -> None:
    assert [name for name, text in told() if "Flower can stop" in text] == []


def test_the_recipe_for_the_user_says_of_what_doctor_warns_all_the_same() -> None:
    guide = (ROOT / "docs" / "install.md").read_text(encoding="utf-8")
    (section,) = re.findall(r"^## The user in Odoo\n(.*?)^## ", guide, re.M | re.S)
    recipe = " ".join(section.split())
    warned = submitted._NO_SUBMISSION
    assert warned.figures == ()
    assert "leave it so" in warned.remedy
    assert f"The warning of the *{warned.check}* stays" in recipe
    assert "tick *Write* for `hr.expense`" in recipe


def pages() -> list[Path]:
    return [ROOT / "README.md", ROOT / "CHANGELOG.md", *(ROOT / "docs").rglob("*.md")]


def anchors(page: Path) -> set[str]:
    """What a renderer makes of the headings."""
    text = re.sub(r"```.*?```", "", page.read_text(encoding="utf-8"), flags=re.S)
    headings = re.findall(r"^#+ (.+)$", text, re.M)
    return {re.sub(r"[^\w\- ]", "", each).lower().replace(" ", "-") for each in headings}


@pytest.mark.parametrize("page", pages(), ids=lambda page: page.name)
def test_every_link_leads_to_a_file_and_a_heading_that_are_there(page: Path) -> None:
    text = re.sub(r"```.*?```", "", page.read_text(encoding="utf-8"), flags=re.S)
    for link in re.findall(r"\]\((?!https?:)([^)\s]+)\)", text):
        file, _, anchor = link.partition("#")
        there = page.parent / file if file else page
        assert there.exists(), link
        assert not anchor or anchor in anchors(there), link


def test_every_page_that_the_code_names_is_there() -> None:
    folders = ("tasks", "workers", "odoo_gateway", "monitoring", "tests")
    files = [path for folder in folders for path in (ROOT / folder).rglob("*.py")]
    named = {
        (path.name, page)
        for path in (*files, ROOT / ".env.example", ROOT / "Makefile")
        for page in re.findall(r"docs/[\w/-]+\.md", path.read_text(encoding="utf-8"))
    }
    assert len(named) > 10
    assert [each for each in sorted(named) if not (ROOT / each[1]).exists()] == []


def test_every_module_that_a_page_names_is_there() -> None:
    files = [*(ROOT / "docs").glob("*.md"), ROOT / "docs" / "images" / "architecture.svg"]
    named = {
        (path.name, module)
        for path in files
        for module in re.findall(
            r"(?:tasks|workers|odoo_gateway|monitoring)/[\w/]*\w\.py\b(?!::)",
            path.read_text(encoding="utf-8"),
        )
    }
    assert len(named) > 20
    missing = [each for each in sorted(named) if not (ROOT / each[1]).exists()]
    assert [each for each in missing if not each[0].startswith("writing-")] == []


def test_the_readme_leads_to_every_page() -> None:
    told = (ROOT / "README.md").read_text(encoding="utf-8")
    names = {path.name for path in (ROOT / "docs").glob("*.md")}
    assert [name for name in sorted(names) if f"(docs/{name})" not in told] == []


def test_every_verb_of_make_has_a_recipe_and_every_one_that_is_named_is_one() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    (phony,) = re.findall(r"^\.PHONY: (.+)$", makefile, re.M)
    recipes = set(re.findall(r"^([a-z-]+):.*\n\t", makefile, re.M))
    verbs = set(re.findall(r"^([a-z-]+):", makefile, re.M))
    assert set(phony.split()) == verbs
    assert verbs - recipes == {"test"}
    named = {(name, verb) for name, text in told() for verb in re.findall(r"`make ([a-z-]+)", text)}
    assert {verb for _, verb in named} >= {"attack", "limits"}
    assert [each for each in sorted(named) if each[1] not in verbs] == []


def test_the_readme_names_every_command() -> None:
    told = (ROOT / "README.md").read_text(encoding="utf-8")
    verbs = get_command(cli).commands  # type: ignore[attr-defined]
    assert [verb for verb in verbs if not re.search(rf"`(?:fleet )?{verb}\b", told)] == []


def words() -> list[tuple[str, str]]:
    """Each word of docs/words.md, and the class that it is, or ""."""
    page = (ROOT / "docs" / "words.md").read_text(encoding="utf-8")
    return re.findall(r"^\| ([a-z ]+) \| .* \| (?:`([\w.]+)`)? ?\|$", page, re.M)


def test_each_word_means_one_thing_and_its_class_is_there() -> None:
    named = [word for word, _ in words() if word != "word"]
    assert len(named) > 30
    assert len(set(named)) == len(named)
    for word, where in words():
        module, _, name = where.rpartition(".")
        assert not where or hasattr(import_module(module), name), word


def test_no_two_classes_share_the_name_of_a_word() -> None:
    classes = {where.rpartition(".")[2]: where for _, where in words() if where}
    for folder in ("tasks", "workers", "odoo_gateway"):
        for path in (ROOT / folder).rglob("*.py"):
            module = ".".join(path.relative_to(ROOT).with_suffix("").parts)
            for name in re.findall(r"^class (\w+)", path.read_text(encoding="utf-8"), re.M):
                meant = classes.get(name, f"{module}.{name}")
                assert meant == f"{module}.{name}" or (module, name) in OTHERS, module


@pytest.mark.parametrize(
    "file", sorted((ROOT / "docs" / "n8n").glob("*.json")), ids=lambda file: file.stem
)
def test_each_workflow_hangs_together_and_holds_no_secret(file: Path) -> None:
    flow = json.loads(file.read_text(encoding="utf-8"))
    names = [node["name"] for node in flow["nodes"]]
    assert len({*names}) == len(names)
    assert {*flow["connections"]} < {*names}
    led_to = [way["node"] for each in flow["connections"].values() for way in each["main"][0]]
    assert sorted(led_to) == sorted(names[1:])
    assert "whsec_" in file.read_text(encoding="utf-8")
    assert not re.search(r"whsec_[A-Za-z0-9+/]", file.read_text(encoding="utf-8"))
