import subprocess
import sys


def test_python_m_theoryprune_is_the_command():
    done = subprocess.run([sys.executable, "-m", "theoryprune", "cite", "synflow"], capture_output=True, text=True)
    assert done.returncode == 0
    assert "tanaka2020synflow" in done.stdout
