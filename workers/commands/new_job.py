"""`fleet new-job`: the skeleton of a job and its test, in a checkout of the fleet."""

from collections.abc import Mapping, Sequence
from importlib import resources
from keyword import iskeyword
from pathlib import Path
from string import Template
from typing import Annotated, Final

import typer

from odoo_gateway.errors import ConfigurationError
from tasks import catalogue
from workers.commands.console import say
from workers.commands.verbs import Verb

LONGEST_NAME: Final = 40
cli = typer.Typer()


@cli.command(
    cls=Verb,
    epilog="fleet new-job unmanaged_projects --layer mobilization",
)
def new_job(
    name: Annotated[str, typer.Argument(help="What it finds or watches, in small letters and _.")],
    layer: Annotated[
        str, typer.Option(help="The folder of tasks/ that it belongs to; made if it is new.")
    ] = "execution",
) -> None:
    """Write the skeleton of a job and its test, which passes, into the checkout in this folder.

    Adding the file is the registration: `fleet jobs` lists it from now on. Change it until it finds
    what you look for; docs/writing-a-job.md tells how. Exit code 2: the name or the layer is no
    good, or a file is there already; nothing is written then.
    """
    for file in write(name, layer, Path.cwd()):
        say(str(file.relative_to(Path.cwd())))
    say(f"`fleet run {name} --dry-run` runs it, and pytest its test.")


def write(name: str, layer: str, checkout: Path) -> Sequence[Path]:
    """The files written. Raises ConfigurationError, and then writes none."""
    if problems := [*_wrong_name(name), *_wrong_layer(layer)]:
        raise ConfigurationError(*problems)
    if not (checkout / "tasks" / "declaration.py").is_file():
        raise ConfigurationError(
            f"{checkout} is not a checkout of the fleet: there is no tasks/declaration.py in it; "
            "change to one, or write a package of your own as docs/writing-a-job.md tells"
        )
    job = checkout / "tasks" / layer / f"{name}.py"
    test = checkout / "tests" / "tasks" / layer / f"test_{name}.py"
    if there := [path for path in (job, test, job.with_suffix("")) if path.exists()]:
        raise ConfigurationError(*(f"{path} is there already" for path in there))
    words = {
        "name": name,
        "title": name.replace("_", " ").capitalize(),
        "prefix": name.title().replace("_", ""),
        # In the order that `make lint` asks for.
        "imports": "\n".join(
            sorted(
                [f"from tasks.{layer}.{name} import JOB", "from tasks.domain.periods import AsOf"]
            )
        ),
    }
    return [
        *_package(job.parent, f'"""Jobs of the {layer} layer."""\n'),
        _written(job, "job.txt", words),
        *_package(test.parent, ""),
        _written(test, "test.txt", words),
    ]


def _wrong_name(name: str) -> Sequence[str]:
    if not catalogue.NAME.fullmatch(name) or iskeyword(name) or len(name) > LONGEST_NAME:
        return [
            f"{name}: is not a name for a job; take small letters, digits and _, a letter first, "
            f"{LONGEST_NAME} at most, such as unmanaged_projects"
        ]
    if name in catalogue.jobs():
        return [f"{name}: there is a job of this name; `fleet jobs` lists them"]
    return []


def _wrong_layer(layer: str) -> Sequence[str]:
    if not catalogue.NAME.fullmatch(layer) or iskeyword(layer) or layer in catalogue.NOT_LAYERS:
        return [
            f"--layer {layer}: is not a workflow layer; take one such as commercial, mobilization, "
            "execution, financial, accounts or governance"
        ]
    return []


def _package(folder: Path, docstring: str) -> Sequence[Path]:
    file = folder / "__init__.py"
    if file.exists():
        return []
    folder.mkdir(parents=True, exist_ok=True)
    file.write_text(docstring, encoding="utf-8")
    return [file]


def _written(file: Path, skeleton: str, words: Mapping[str, str]) -> Path:
    template = resources.files("workers.commands") / "skeleton" / skeleton
    text = Template(template.read_text(encoding="utf-8")).substitute(words)
    file.write_text(text, encoding="utf-8")
    return file
