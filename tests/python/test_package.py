"""The package as others meet it: installed by pip, and checked by their type checker."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

PACKAGE = Path(__file__).parents[2] / "python"


def run(*command: str, **environment: str) -> str:
    result = subprocess.run(command, capture_output=True, text=True, env=os.environ | environment)
    assert result.returncode == 0, result.stdout + result.stderr
    return result.stdout


def test_pip_installs_it_with_its_types(tmp_path: Path) -> None:
    copy, target = tmp_path / "python", tmp_path / "site"
    shutil.copytree(PACKAGE, copy)
    options = ["--quiet", "--no-deps", "--no-build-isolation", "--disable-pip-version-check", "--target", str(target)]
    run(sys.executable, "-m", "pip", "install", *options, str(copy))
    code = "import effnet; print(effnet.__file__, effnet.__version__)"
    file, version = run(sys.executable, "-c", code, PYTHONPATH=str(target)).split()
    assert Path(file) == target / "effnet" / "__init__.py"
    assert (target / "effnet" / "py.typed").is_file()
    assert (target / f"effnet-{version}.dist-info" / "METADATA").is_file()


def test_the_types_hold(tmp_path: Path) -> None:
    use = tmp_path / "use.py"
    use.write_text(
        "import effnet\n"
        "def labels(model: effnet.Model, paths: list[str]) -> list[str | None]:\n"
        "    return [model.classify(paths[0])[0].label] + [best[0].label for best in model.classify(paths)]\n"
    )
    options = ["--config-file", str(PACKAGE / "pyproject.toml"), "--cache-dir", str(tmp_path / "cache")]
    run(sys.executable, "-m", "mypy", *options, str(PACKAGE / "effnet"), str(use), MYPYPATH=str(PACKAGE))
