"""Runs a program and writes what it used to a file: exit status, seconds of CPU, KiB at the peak.

    usage.py FILE MOST COMMAND…

A process of its own and a small one: what a process needs at its peak counts from before it becomes another program, so
that a child of the measuring program, which holds the values of many hosts, would seem to need as much as that.
COMMAND and all its children are killed when they have used MOST seconds of CPU together; 0 is no bound.
"""

import os
import pathlib
import signal
import sys
import time

TICKS = os.sysconf("SC_CLK_TCK")
# Fields of /proc/PID/stat after the program's name: the session, and the times of a process and of children it waited for.
SESSION, TIMES = 3, slice(11, 15)


def used(session):
    """Seconds of CPU that the processes of a session have used so far."""
    total = 0
    for stat in pathlib.Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rsplit(") ", 1)[1].split()
        except OSError:
            continue
        if int(fields[SESSION]) == session:
            total += sum(map(int, fields[TIMES]))
    return total / TICKS


def stop(session):
    for stat in pathlib.Path("/proc").glob("[0-9]*/stat"):
        try:
            if int(stat.read_text().rsplit(") ", 1)[1].split()[SESSION]) == session:
                os.kill(int(stat.parent.name), signal.SIGKILL)
        except OSError:
            continue


file, most, command = sys.argv[1], float(sys.argv[2]), sys.argv[3:]
pid = os.fork()
if pid == 0:
    os.setsid()
    os.execvpe(command[0], command, os.environ)
# Its children count as soon as it has waited for them, as both programs do.
while True:
    done, status, usage = os.wait4(pid, os.WNOHANG if most else 0)
    if done:
        break
    if used(pid) > most:
        stop(pid)
    time.sleep(1)
pathlib.Path(file).write_text(f"{os.waitstatus_to_exitcode(status)} {usage.ru_utime + usage.ru_stime} {usage.ru_maxrss}")
