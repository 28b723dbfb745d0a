"""What is uploaded: it runs by itself, holds no tools, is compiled, and is the same bytes each time."""

import subprocess
import sys
import zipfile
from importlib.util import cache_from_source
from pathlib import Path

import pytest
import yaml

from infra import package

pytestmark = pytest.mark.slow  # the first test of a run packages the template


@pytest.fixture(scope="session")
def code(packaged: Path) -> Path:
    return packaged / package.CODE


@pytest.fixture(scope="session")
def names(code: Path) -> set[str]:
    with zipfile.ZipFile(code) as archive:
        return set(archive.namelist())


@pytest.fixture(scope="session")
def unpacked(code: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("task")
    with zipfile.ZipFile(code) as archive:
        archive.extractall(folder)
    return folder


def test_cfn_lint_accepts_the_template(packaged: Path) -> None:
    lint = [
        sys.executable,
        "-c",
        package.LINT,
        "--regions",
        "us-east-1",
        "--",
        str(packaged / package.TEMPLATE),
    ]
    assert subprocess.run(lint, capture_output=True, text=True, check=False).stdout == ""


def test_cloudformation_gets_yaml_without_anchors(packaged: Path) -> None:
    tokens = yaml.scan((packaged / package.TEMPLATE).read_text())
    assert not [t for t in tokens if isinstance(t, yaml.AnchorToken | yaml.AliasToken)]


def test_the_template_is_within_what_cloudformation_takes(packaged: Path) -> None:
    assert (packaged / package.TEMPLATE).stat().st_size < 1_000_000


def test_the_handlers_load_from_the_package_alone(unpacked: Path) -> None:
    # Isolated and without site-packages: whatever is missing from the package is missing here too.
    script = (
        f"import sys; sys.path.insert(0, {str(unpacked)!r}); import app; import botocore.session as s;"
        "[s.get_session().create_client(name, region_name='us-east-1') for name in ('dynamodb', 'sqs')];"
        "print(callable(app.app), callable(app.work), callable(app.tick), sys.modules['botocore'].__file__)"
    )
    environment = {"AINS_STAGE": "test", "AINS_WORK_QUEUE_URL": "https://queue", "AWS_REGION": "us-east-1"}
    run = subprocess.run(
        [sys.executable, "-I", "-S", "-c", script],
        capture_output=True,
        text=True,
        env=environment,
        check=False,
    )
    assert run.stderr == ""
    assert run.stdout.split() == ["True", "True", "True", str(unpacked / "botocore/__init__.py")]


def test_every_module_is_compiled_because_the_code_folder_is_read_only(names: set[str]) -> None:
    modules = {name for name in names if name.endswith(".py")}
    assert {cache_from_source(module) for module in modules} <= names
    assert "app.py" in modules


def test_bytecode_is_believed_whatever_the_time_of_its_source(unpacked: Path) -> None:
    bytecode = Path(cache_from_source(str(unpacked / "app.py"))).read_bytes()
    assert int.from_bytes(bytecode[4:8], "little") == 0b01  # PEP 552: hash-based and unchecked


def test_a_traceback_shows_the_path_on_lambda(unpacked: Path) -> None:
    assert b"/var/task/app.py" in Path(cache_from_source(str(unpacked / "app.py"))).read_bytes()


def test_no_tool_and_no_unused_service_is_uploaded(names: set[str], code: Path) -> None:
    roots = {name.split("/")[0] for name in names}
    assert not roots & {
        "pip",
        "setuptools",
        "wheel",
        "click",
        "inquirer",
        "moto",
        "pytest",
        "ministack",
        "tests",
    }
    services = {
        name.split("/")[2] for name in names if name.startswith("botocore/data/") and name.count("/") > 2
    }
    assert services == {"dynamodb", "sqs"}
    assert code.stat().st_size < 12_000_000


def test_nothing_of_the_checkout_but_the_service_is_uploaded(names: set[str]) -> None:
    roots = {name.split("/")[0] for name in names}
    assert {"app.py", "chalicelib", "chalice"} <= roots
    assert not roots & {"agent_client", "infra", "docs", ".chalice", "config.json", "out"}


def test_the_parts_of_the_console_are_uploaded(names: set[str]) -> None:
    parts = {path.name for path in (package.ROOT / "chalicelib/api/console_page").iterdir()}
    assert {f"chalicelib/api/console_page/{part}" for part in parts} <= names


def test_slimming_the_same_zip_twice_gives_the_same_bytes(code: Path, tmp_path: Path) -> None:
    again = tmp_path / "again.zip"
    again.write_bytes(code.read_bytes())
    package.slim(again)
    assert again.read_bytes() == code.read_bytes()


def test_code_is_found_beside_the_template(packaged: Path) -> None:
    resources = yaml.safe_load((packaged / package.TEMPLATE).read_text())["Resources"]
    uris = {r["Properties"]["CodeUri"] for r in resources.values() if "CodeUri" in r["Properties"]}
    assert uris == {f"./{package.CODE}"}
