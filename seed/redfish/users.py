"""Keeps the emulator's user file: one line `user:bcrypt`. The password comes from standard input."""

import os
import sys

import bcrypt

path, user = sys.argv[1:]
password = sys.stdin.buffer.read()
try:
    with open(path, encoding="utf-8") as file:
        known_user, known = file.read().strip().split(":", 1)
    kept = known_user == user and bcrypt.checkpw(password, known.encode())
except (OSError, ValueError):
    kept = False
if not kept:
    line = user + ":" + bcrypt.hashpw(password, bcrypt.gensalt(8)).decode()
    with open(os.open(path + ".new", os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
        file.write(line + "\n")
    os.rename(path + ".new", path)
print("kept" if kept else "written")
