"""An example program as its test runs it: on stores in an empty folder, as a person would."""

import os
import shutil
import signal
import subprocess
import sys


class ExampleProgram:
    def __init__(self, path, folder):
        self.path = os.path.abspath(path)
        self.folder = os.path.abspath(folder)
        shutil.rmtree(self.folder, ignore_errors=True)
        os.makedirs(self.folder)

    def run(self, *words, given="", expected=0):
        """What it printed; it must end with the expected code. `given`: its standard input."""
        ended = subprocess.run([self.path, *words], input=given, cwd=self.folder, text=True,
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False)
        if ended.returncode != expected:
            raise AssertionError(f"{words} ended with {ended.returncode}, not {expected}:\n"
                                 f"{ended.stdout}{ended.stderr}")
        return ended.stdout if expected == 0 else ended.stderr

    def start(self, *words):
        """Left running; its lines are read from `stdout`, what it is told is written to `stdin`."""
        return subprocess.Popen([self.path, *words], cwd=self.folder, text=True, bufsize=1,
                                stdin=subprocess.PIPE, stdout=subprocess.PIPE)


def kill(process):
    """As a crash would: it learns nothing of it."""
    process.send_signal(signal.SIGKILL)
    process.wait()
    process.stdin.close()
    process.stdout.close()


def arguments_of_test():
    """(path of the program, an empty folder): the first two arguments, taken away from unittest."""
    if len(sys.argv) < 3:
        sys.exit(f"usage: {sys.argv[0]} PATH_TO_PROGRAM FOLDER [unittest arguments]")
    return sys.argv.pop(1), sys.argv.pop(1)
