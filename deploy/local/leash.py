"""Become another program that is asked to end when its parent dies: ``python leash.py PARENT_PID COMMAND...``.

The kernel keeps the wish across exec (prctl(2), PR_SET_PDEATHSIG). Standard library only, nothing imported from
this project: it runs in a fraction of a second in front of every part.
"""

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1

if __name__ == "__main__":
    parent, *command = sys.argv[1:]
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
    if os.getppid() != int(parent):
        sys.exit("the parent is gone")
    os.execvp(command[0], command)
