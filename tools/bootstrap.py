"""Build .venv from the lock files, once: `python3 tools/bootstrap.py run|dev|bench|jupedsim`.

Standard library only, and it must parse on any Python that may answer to `python3`, so no f-strings here.
`.venv/setup.json` says what stands in the folder. It reads "building" while work goes on and "ready" as the last act,
so a set-up that was interrupted is thrown away and made anew; a folder that we did not make is left alone.
"""

from __future__ import print_function

import hashlib
import json
import os
import platform
import shutil
import subprocess
import sys
import time

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
VENV = os.path.join(ROOT, os.environ.get("VENV") or ".venv")
STATE = os.path.join(VENV, "setup.json")
BIN = os.path.join(VENV, "Scripts" if os.name == "nt" else "bin")
LOWEST = (3, 11)
CANDIDATES = ("python3.13", "python3.12", "python3.11")
LOCKS = {
    "run": ("requirements.lock", "requirements-build.lock", "pyproject.toml"),
    "dev": ("requirements-dev.lock",),
    "bench": ("requirements-bench.lock",),
    "jupedsim": ("requirements-jupedsim.lock",),
}
EXTRAS = ("dev", "bench", "jupedsim")  # each stands on the one before
LARGE = {"jupedsim": " (about 1.2 GB to fetch, once)"}
WARM = (
    "import babel.numbers, jinja2, numba, pandas, pyarrow.parquet, pydantic, pyproj, rich.progress, rich.table, "
    "scipy.special, shapely, typer, yaml"
)
PROBE = "import sys, venv, ensurepip; print(sys.version_info >= (3, 11))"


def say(text):
    """Talk to stderr: stdout belongs to the command that follows."""
    sys.stderr.write(text + "\n")
    sys.stderr.flush()


def stop(text):
    """End with one line that says what to do."""
    say("sispamkota: " + text)
    raise SystemExit(2)


def works(python):
    """Tell whether `python` runs, is new enough and can make a venv (a version manager's shim may do none of it)."""
    try:
        child = subprocess.Popen([python, "-c", PROBE], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        return child.communicate()[0].strip() == b"True"
    except OSError:
        return False


def choose_python():
    """Return a Python that can do it: this one if it is new enough, else the newest known one on PATH."""
    if sys.version_info >= LOWEST and works(sys.executable):
        return sys.executable
    for name in CANDIDATES:
        if works(name):
            return name
    have = "%d.%d" % sys.version_info[:2]
    if sys.version_info < LOWEST:
        stop(
            "this is Python %s; 3.11 or newer is needed. Install python3.11 (or 3.12, 3.13), "
            "or name one: make PYTHON=/path/to/python3.11" % have
        )
    return stop(
        "Python %s cannot make a venv: its venv or ensurepip module is missing. "
        "On Debian or Ubuntu: sudo apt install python%s-venv" % (have, have)
    )


def key(level, python):
    """Digest what a level is made of: its lock files, the Python and the place (a venv cannot be moved)."""
    digest = hashlib.sha256(repr((VENV, python)).encode())
    for name in LOCKS[level]:
        with open(os.path.join(ROOT, name), "rb") as file:
            digest.update(file.read())
    return digest.hexdigest()


def read_state():
    """Return what stands in the folder: {} nothing, None something that is not ours."""
    if not os.path.isdir(VENV) or not os.listdir(VENV):
        return {}
    try:
        with open(STATE) as file:
            return json.load(file)
    except ValueError:
        return {"state": "building"}
    except (IOError, OSError):
        return None


def write_state(state):
    """Replace the state file in one step."""
    with open(STATE + ".new", "w") as file:
        json.dump(state, file)
    os.replace(STATE + ".new", STATE)


def run(command, what):
    """Run one step of the set-up, or stop with its name."""
    env = dict(os.environ, PIP_DISABLE_PIP_VERSION_CHECK="1", PIP_NO_INPUT="1")
    env.pop("PYTHONPATH", None)
    try:
        subprocess.check_call(command, env=env, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=sys.stderr)
    except subprocess.CalledProcessError:
        stop("%s failed (see above). Check the line and the disk, then run the same command again." % what)


def pip(*arguments):
    """Return the command line of the venv's own pip."""
    return [os.path.join(BIN, "python"), "-m", "pip", "install", "-qq", "--no-compile"] + list(arguments)


def create(python):
    """Make an empty venv in place of whatever half-made one stood there."""
    try:
        if os.path.isdir(VENV):
            shutil.rmtree(VENV)
        os.makedirs(VENV)
        write_state({"state": "building"})
    except OSError as error:
        stop(
            "cannot write %s (%s). Give yourself write access to this folder, or copy it to one of yours."
            % (VENV, error.strerror)
        )
    run([python, "-m", "venv", VENV], "making the venv")


def install(lock):
    """Install exactly what a lock file names, by hash, from wheels."""
    wheels = ["--no-deps", "--require-hashes", "--only-binary", ":all:"]
    run(pip("-r", lock, *wheels), "installing " + lock)


def warm():
    """Import the libraries once, so that their byte code stands even where Python is told to write none.

    It costs what the first run would pay, and spares every later one those seconds.
    """
    env = dict(os.environ)
    env.pop("PYTHONDONTWRITEBYTECODE", None)
    subprocess.call([os.path.join(BIN, "python"), "-c", WARM], env=env, stdin=subprocess.DEVNULL)


def build(level, state, python, version):
    """Bring .venv to `level`, from nothing or from the level below."""
    began = time.time()
    if state.get("state") != "ready" or state.get("run") != key("run", version):
        say("setting up .venv from requirements.lock (Python %s; about 250 MB to fetch, once) ..." % version)
        create(python)
        install("requirements.lock")
        install("requirements-build.lock")
        run(pip("--no-deps", "--no-build-isolation", "--no-index", "-e", "."), "installing sispamkota")
        warm()
        state = {"run": key("run", version)}
    for extra in EXTRAS[: EXTRAS.index(level) + 1] if level in EXTRAS else ():
        if state.get(extra) != key(extra, version):
            lock = "requirements-%s.lock" % extra
            say("adding what %s names%s ..." % (lock, LARGE.get(extra, "")))
            write_state(dict(state, state="building"))
            install(lock)
            state[extra] = key(extra, version)
    write_state(dict(state, state="ready"))
    say("ready in %.0f s" % (time.time() - began))


def main():
    """Bring .venv to the level asked for; say nothing where nothing is to do."""
    level = sys.argv[1] if len(sys.argv) == 2 else ""
    if level not in LOCKS:
        stop("usage: python3 tools/bootstrap.py run|dev|bench|jupedsim")
    python = choose_python()
    version = platform.python_version()
    if python != sys.executable:  # go on under the one that can
        raise SystemExit(subprocess.call([python, os.path.abspath(__file__), level]))
    state = read_state()
    if state is None:
        stop("%s was not made by this Makefile. Move it away, or choose another place: make VENV=.venv-make" % VENV)
    done = state.get("state") == "ready" and state.get("run") == key("run", version)
    for extra in EXTRAS[: EXTRAS.index(level) + 1] if level in EXTRAS else ():
        done = done and state.get(extra) == key(extra, version)
    if not done:
        build(level, state, python, version)


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        say("\nstopped; the same command starts the set-up again")
        raise SystemExit(130)
