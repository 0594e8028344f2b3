"""The two programs that are compared: built or installed, and run with their use of CPU and memory."""

import os
import pathlib
import subprocess
import sys
import tempfile

TOP = pathlib.Path(__file__).resolve().parents[2]
USAGE = pathlib.Path(__file__).parent / "usage.py"
YMIR = TOP / "target/release/ymir"
VERSION = "21.0.0"
XDG = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
KAYOBE = pathlib.Path(os.environ.get("YMIR_CACHE_DIR") or f"{XDG}/ymir") / "bench-kayobe"


def set_up():
    """Builds Ymir as it is released and installs Kayobe once, into the cache directory."""
    subprocess.run(["cargo", "build", "--quiet", "--release", "--locked", "--bin", "ymir"], cwd=TOP, check=True)
    if (KAYOBE / "ready").exists():
        return
    print(f"installing Kayobe {VERSION}", file=sys.stderr)
    KAYOBE.parent.mkdir(parents=True, exist_ok=True)
    subprocess.run([python(), "-m", "venv", "--clear", KAYOBE], check=True)
    pip = [KAYOBE / "bin/python", "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    subprocess.run([*pip, f"kayobe=={VERSION}", "ansible-core==2.21.5"], check=True)
    (KAYOBE / "ready").touch()


def python():
    """A Python on which this release of Kayobe runs."""
    pyenv = pathlib.Path(os.environ.get("PYENV_ROOT") or os.path.expanduser("~/.pyenv"))
    candidates = ["python3.12", "python3.13", *map(str, sorted(pyenv.glob("versions/3.1[23]*/bin/python3")))]
    for candidate in candidates:
        try:
            subprocess.run([candidate, "-c", "import ensurepip"], check=True, capture_output=True)
            return candidate
        except (OSError, subprocess.CalledProcessError):
            continue
    sys.exit("Kayobe needs Python 3.12 or 3.13 with venv, and neither was found")


class Run:
    """One process with its children: what it wrote, and what it used."""

    def __init__(self, command, environment, cwd, most_cpu=0, unread=False):
        with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err, tempfile.NamedTemporaryFile() as used:
            subprocess.run(
                [sys.executable, "-ISB", USAGE, used.name, str(most_cpu), *command], env=environment, cwd=cwd,
                stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL if unread else out, stderr=err,
            )
            code, cpu, peak = used.read().split()
            self.output, self.errors = read(out), read(err)
        self.failed = int(code) != 0
        self.stopped = bool(most_cpu) and int(code) == -9
        self.cpu = float(cpu)
        self.megabytes = int(peak) / 1024


def read(file):
    file.seek(0)
    return file.read().decode(errors="replace")
