"""What a command may try, by the guarantee that it would break. Scripts for bash; data alone.

They run in the project, with ELSEWHERE, HOME, VICTIM (a process) and others as variables. Whether
one succeeded is not judged by what it says, but by what it left.
"""

from __future__ import annotations

from collections.abc import Mapping

from vibe.sandbox.guarantees import Guarantee

_LIBC = "import ctypes, os, sys; libc = ctypes.CDLL(None, use_errno=True)"


def python(code: str) -> str:
    return f"$PYTHON - <<'END'\n{_LIBC}\nE = os.environ\n{code}\nEND"


OUTSIDE = {
    "by its path": 'echo x > "$ELSEWHERE/canary"',
    "from below": "echo x > ../../elsewhere/canary",
    "appended": 'echo x >> "$ELSEWHERE/canary"',
    "a new file": 'echo x > "$ELSEWHERE/new"',
    "a new file at home": 'echo x > "$HOME/.profile"',
    "a start file": 'echo x >> "$HOME/.bashrc"',
    "a new key": 'echo x > "$HOME/.ssh/authorized_keys"',
    "removed": 'rm -rf "$ELSEWHERE"',
    "a removed folder": 'rm "$ELSEWHERE/deep/canary"; rmdir "$ELSEWHERE/deep"',
    "moved in": 'mv "$ELSEWHERE/canary" here',
    "moved out": 'mv notes.txt "$ELSEWHERE/notes.txt"',
    "renamed": 'mv "$ELSEWHERE/canary" "$ELSEWHERE/other"',
    "moved over": 'mv -f notes.txt "$ELSEWHERE/canary"',
    "exchanged": python(
        "libc.renameat2(-100, b'notes.txt', -100, (E['ELSEWHERE'] + '/canary').encode(), 2)"
    ),
    "the folder itself moved": 'mv "$HOME/project" "$HOME/gone"; mkdir "$HOME/project"',
    "home moved": 'mv "$HOME" "$ELSEWHERE/home"',
    "through a link": 'ln -s "$ELSEWHERE" l; echo x > l/canary',
    "through a link to a file": 'ln -s "$ELSEWHERE/canary" l; echo x > l',
    "through two links": 'ln -s .. up; ln -s up/../elsewhere l; echo x > l/canary',
    "by a hard link": 'ln "$ELSEWHERE/canary" h && echo x > h',
    "by a hard link of a link": 'ln -L "$ELSEWHERE/canary" h && echo x > h',
    "by linkat of a descriptor": python(
        "f = os.open(E['ELSEWHERE'] + '/canary', os.O_RDONLY)\n"
        "os.link(f'/proc/self/fd/{f}', 'h', follow_symlinks=True)\nopen('h', 'w').write('x')"
    ),
    "a hard link made there": 'ln notes.txt "$ELSEWHERE/notes"',
    "a link made there": 'ln -s notes.txt "$ELSEWHERE/notes"',
    "a pipe made there": 'mkfifo "$ELSEWHERE/pipe"',
    "a socket made there": python(
        "import socket\nsocket.socket(socket.AF_UNIX).bind(E['ELSEWHERE'] + '/s')"
    ),
    "a device made there": 'mknod "$ELSEWHERE/disk" b 8 0',
    "by the root of the process": 'echo x > "/proc/self/root$ELSEWHERE/canary"',
    "by the root of the parent": 'echo x > "/proc/$PPID/root$ELSEWHERE/canary"',
    "by the root of the first": 'echo x > "/proc/1/root$ELSEWHERE/canary"',
    "by the root of vibe": 'echo x > "/proc/$VIBE/root$ELSEWHERE/canary"',
    "by the folder of vibe": 'cd "/proc/$VIBE/cwd" && echo x > tests/sandbox/written',
    "by an open descriptor": 'exec 5<"$ELSEWHERE/canary"; echo x > /proc/self/fd/5',
    "by a folder's descriptor": python(
        "d = os.open(E['ELSEWHERE'], os.O_RDONLY)\n"
        "os.write(os.open('canary', os.O_WRONLY, dir_fd=d), b'x')"
    ),
    "truncated by its path": python("os.truncate(E['ELSEWHERE'] + '/canary', 0)"),
    "truncated when opened": python("os.open(E['ELSEWHERE'] + '/canary', os.O_TRUNC)"),
    "truncated by open to read": python(
        "os.open(E['ELSEWHERE'] + '/canary', os.O_RDONLY | os.O_TRUNC)"
    ),
    "mapped": python(
        "import mmap\nf = os.open(E['ELSEWHERE'] + '/canary', os.O_RDWR)\n"
        "mmap.mmap(f, 5)[:5] = b'x' * 5"
    ),
    "made writable again": 'mount -o remount,rw,bind / ; echo x > "$ELSEWHERE/canary"',
    "unmounted": 'umount -l "$HOME/project"; umount -l /; echo x > "$ELSEWHERE/canary"',
    "by another root": 'chroot / sh -c "echo x > $ELSEWHERE/canary"',
    "by a pivot": python(
        "libc.syscall(155, b'.', b'.')\nopen(E['ELSEWHERE'] + '/canary', 'w').write('x')"
    ),
    "in namespaces of its own": (
        'unshare -Urm sh -c "mount -o remount,rw,bind /; echo x > $ELSEWHERE/canary"'
    ),
    "in the namespaces of vibe": 'nsenter -t "$VIBE" -a sh -c "echo x > $ELSEWHERE/canary"',
    "by sudo": 'sudo -n sh -c "echo x > $ELSEWHERE/canary"',
    "from a child that goes on": (
        '(setsid sh -c "sleep 0.2; '
        'echo x > $ELSEWHERE/canary" &) ; sleep 0.4'
    ),
    "as another call": python(
        "libc.syscall(2, (E['ELSEWHERE'] + '/canary').encode(), os.O_WRONLY | os.O_TRUNC)"
    ),
}  # fmt: skip

METADATA = {
    "its mode": 'chmod 777 "$ELSEWHERE/canary"',
    "the mode of a folder": 'chmod 777 "$ELSEWHERE"',
    "a setuid bit": 'chmod u+s "$ELSEWHERE/canary"',
    "its owner": 'chown 1:1 "$ELSEWHERE/canary"',
    "the mode through a link": 'ln -s "$ELSEWHERE/canary" l; chmod 777 l',
    "the mode of home": 'chmod 777 "$HOME" "$HOME/.ssh"',
}

PROTECTED = {
    "a hook": "echo x > .git/hooks/pre-commit",
    "a hook moved there": "mv notes.txt .git/hooks/pre-commit",
    "a hook linked there": (
        "ln -s ../../notes.txt .git/hooks/pre-commit; "
        "ln notes.txt .git/hooks/pre-push"
    ),
    "the hooks replaced": "rm -rf .git/hooks; mkdir .git/hooks; echo x > .git/hooks/pre-commit",
    "the hooks moved away": (
        "mv .git/hooks .git/old; mkdir .git/hooks; "
        "echo x > .git/hooks/pre-commit"
    ),
    "a link for the hooks": (
        "rm -rf .git/hooks; mkdir h; "
        "echo x > h/pre-commit; ln -s ../h .git/hooks"
    ),
    "the repository moved away": "mv .git old; mkdir .git; echo x > .git/config",
    "the repository linked": "mv .git old; ln -s old .git; echo x > old/config",
    "the repository removed": "rm -rf .git; git init -q .; git config core.fsmonitor evil",
    "its configuration": "git config core.fsmonitor evil; echo x >> .git/config",
    "a configuration moved there": "echo x > c; mv -f c .git/config; cp c .git/config",
    "a configuration linked": "ln .git/config c && echo x > c",
    "a lock of the configuration": "echo x > .git/config.lock; mv .git/config.lock .git/config",
    "another configuration": "echo x > .git/config.worktree",
    "what runs when a folder is entered": "echo x > .envrc; echo x > c; mv -f c .envrc",
    "more variables": "rm -f .env.local; echo x > .env.local",
    "a common folder": "mkdir evil; echo ../evil > .git/commondir",
    "a common folder moved there": (
        "echo ../evil > c; mv -f c .git/commondir; "
        "ln -sf c .git/commondir"
    ),
    "instructions": "echo x > AGENTS.md",
    "instructions for what is no file": "rmdir AGENTS.md; rm -rf AGENTS.md; echo x > AGENTS.md",
    "instructions moved there": "echo x > c; mv -fT c AGENTS.md",
    "instructions below a new folder": "mkdir d; echo x > d/AGENTS.md; mv -T d AGENTS.md",
    "a new folder": "mkdir -p .vibe; echo x > .vibe/config.toml",
    "variables": "echo x > .env",
    "variables that are there": "echo x >> .env.local; rm -f .env.local; mv notes.txt .env.local",
    "variables below": "echo x >> below/.env; rm -f below/.env",
    "a repository below": "echo x >> below/.git/config; mv below/.git below/g",
    "tasks of an editor": (
        "mkdir -p .vscode .idea; echo x > .vscode/tasks.json; "
        "echo x > .idea/workspace.xml"
    ),
    "servers": "echo x > .mcp.json",
    "the placeholders made writable": "chmod u+w AGENTS.md .vibe .env; echo x > .vibe/config.toml",
    "unmounted": (
        "umount -l .git/config; umount -l AGENTS.md; "
        "echo x > .git/config; echo x > AGENTS.md"
    ),
    "mounted over": (
        "mount --bind notes.txt .git/config; "
        "mount -t tmpfs none .vibe; echo x > .vibe/config.toml"
    ),
    "by the root of the process": 'echo x > "/proc/self/root$PWD/.git/config"',
    "by a descriptor": 'exec 5<.git/config; echo x > /proc/self/fd/5',
    "by a folder's descriptor": python(
        "d = os.open('.git', os.O_RDONLY)\n"
        "os.write(os.open('config', os.O_WRONLY, dir_fd=d), b'x')"
    ),
    "exchanged": python("libc.renameat2(-100, b'notes.txt', -100, b'.git/config', 2)"),
    "in namespaces of its own": 'unshare -Urm sh -c "umount -l .git/config; echo x > .git/config"',
    "a race": (
        "for i in $(seq 200); do mv .git g; mkdir .git; "
        "rm -rf AGENTS.md; echo x > AGENTS.md; done"
    ),
}  # fmt: skip

MASKED = {
    "by its path": 'cat "$HOME"/.ssh/* "$HOME/.netrc" "$HOME/.aws/credentials"',
    "searched": 'grep -r . "$HOME" --include="*"',
    "found": 'find "$HOME" "$HOME/.ssh" -type f -exec cat {} +',
    "copied": 'cp -r "$HOME/.ssh" "$HOME/.docker" "$HOME/.kube" . ; cat .ssh/* .docker/* .kube/*',
    "moved": 'mv "$HOME/.ssh" here; cat here/*',
    "vibe's own": 'cat "$HOME/.config/vibe/config.toml" "$HOME/.local/state/vibe/pool.db"',
    "through a link": 'ln -s "$HOME/.ssh" l; cat l/*; ln -s "$HOME/.netrc" n; cat n',
    "by a hard link": 'ln "$HOME/.netrc" n; cat n; ln "$HOME/.ssh/id_ed25519" k; cat k',
    "from above": "cat ../.ssh/* ../.netrc",
    "by the root of the process": 'cat "/proc/self/root$HOME/.ssh/id_ed25519"',
    "by the root of vibe": 'cat "/proc/$VIBE/root$HOME/.ssh/id_ed25519"',
    "by the root of the first": 'cat "/proc/1/root$HOME/.ssh/id_ed25519"',
    "made readable": (
        'chmod -R 755 "$HOME/.ssh"; chmod 644 "$HOME/.netrc"; '
        'cat "$HOME/.netrc" "$HOME"/.ssh/*'
    ),
    "unmounted": (
        'umount -l "$HOME/.ssh"; umount -l "$HOME/.netrc"; '
        'cat "$HOME"/.ssh/* "$HOME/.netrc"'
    ),
    "in namespaces of its own": (
        'unshare -Urm sh -c "umount -l $HOME/.ssh; '
        'umount -l $HOME/.netrc; cat $HOME/.ssh/* $HOME/.netrc"'
    ),
    "bound elsewhere": 'mkdir m; mount --bind "$HOME" m; cat m/.ssh/*',
    "by a handle": python(
        "h = (ctypes.c_char * 136)()\nctypes.cast(h, ctypes.POINTER(ctypes.c_uint))[0] = 128\n"
        "m = ctypes.c_int()\n"
        "libc.name_to_handle_at(-100, (E['HOME'] + '/.netrc').encode(), h, ctypes.byref(m), 0)\n"
        "d = os.open(E['HOME'], os.O_RDONLY)\nf = libc.open_by_handle_at(d, h, 0)\n"
        "print(os.read(f, 100))"
    ),
    "the disk": 'cat /dev/vda /dev/sda /dev/nvme0n1 2>/dev/null | head -c 100000000 | grep -c . ',
    "the variables of vibe": "cat /proc/$VIBE/environ",
    "the variables of all": "cat /proc/[0-9]*/environ",
    "the memory of vibe": 'dd if="/proc/$VIBE/mem" bs=1 count=10 skip=4194304 && echo LEAKED',
}  # fmt: skip

NETWORK = {
    "by bash": 'echo x > "/dev/tcp/127.0.0.1/$PORT"',
    "to a name": 'echo x > "/dev/tcp/localhost/$PORT"',
    "by UDP": 'echo x > "/dev/udp/127.0.0.1/$PORT"',
    "by Python": python(
        "import socket\nsocket.create_connection(('127.0.0.1', int(E['PORT'])), 1).send(b'x')"
    ),
    "by IPv6": python(
        "import socket\ns = socket.socket(socket.AF_INET6)\ns.settimeout(1)\n"
        "s.connect(('::ffff:127.0.0.1', int(E['PORT'])))"
    ),
    "to the machine's address": python(
        "import socket\ns = socket.socket()\ns.settimeout(1)\n"
        "s.connect((E['ADDRESS'], int(E['PORT'])))"
    ),
    "fast open": python(
        "import socket\ns = socket.socket()\n"
        "s.sendto(b'x', 0x20000000, ('127.0.0.1', int(E['PORT'])))"
    ),
    "raw": python(
        "import socket\ns = socket.socket(socket.AF_INET, socket.SOCK_RAW, 255)\n"
        "s.sendto(b'x', ('127.0.0.1', 0))\nprint('SENT')"
    ),
    "packets": python(
        "import socket\ns = socket.socket(17, socket.SOCK_RAW)\ns.bind(('lo', 0))\n"
        "s.send(b'x' * 64)\nprint('SENT')"
    ),
    "in the network of vibe": (
        'nsenter -t "$VIBE" -n sh -c "echo x > /dev/tcp/127.0.0.1/$PORT"'
    ),
}  # fmt: skip

SOCKETS = {
    "by its path": python("import socket\nsocket.socket(socket.AF_UNIX).connect(E['SOCKET'])"),
    "through a link": python(
        "import socket\nos.symlink(E['SOCKET'], 'l')\nsocket.socket(socket.AF_UNIX).connect('l')"
    ),
    "by the root of the process": python(
        "import socket\nsocket.socket(socket.AF_UNIX).connect('/proc/self/root' + E['SOCKET'])"
    ),
    "by a hard link": python(
        "import socket\nos.link(E['SOCKET'], 'h')\nsocket.socket(socket.AF_UNIX).connect('h')"
    ),
    "datagrams": python(
        "import socket\ns = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)\n"
        "s.sendto(b'x', E['SOCKET'])"
    ),
    "without a path": python(
        "import socket\nsocket.socket(socket.AF_UNIX).connect('\\0' + E['ABSTRACT'])"
    ),
    "of a service": python(
        "import socket\nfor p in ('/run/docker.sock', '/var/run/docker.sock', E['SERVICE']):\n"
        "    try:\n        socket.socket(socket.AF_UNIX).connect(p)\n"
        "    except OSError: pass"
    ),
}

PROCESSES = {
    "killed": 'kill -9 "$VICTIM"',
    "stopped": 'kill -STOP "$VICTIM"; sleep 0.1',
    "its group": 'kill -9 -- "-$VICTIM"',
    "by a thread": python("libc.syscall(234, int(E['VICTIM']), int(E['VICTIM']), 9)"),
    "by a descriptor": python(
        "import signal\nsignal.pidfd_send_signal(os.pidfd_open(int(E['VICTIM'])), 9)"
    ),
    "by a queued signal": python("libc.sigqueue(int(E['VICTIM']), 9, None)"),
    "vibe itself": 'kill -9 "$VIBE"',
    "traced": python(
        "v = int(E['VICTIM'])\n"
        "if libc.ptrace(16, v, None, None) == 0: os.waitpid(v, 0); libc.ptrace(8, v, None, None)"
    ),
    "seized": python("libc.ptrace(0x4206, int(E['VICTIM']), None, 0x100000)"),
    "written": 'echo x > "/proc/$VICTIM/comm"',
    "its memory": python("open(f\"/proc/{E['VICTIM']}/mem\", 'r+b')\nos.kill(int(E['VICTIM']), 9)"),
    "slowed": 'renice 19 "$VICTIM"',
    "limited": python(
        "import resource\nresource.prlimit(int(E['VICTIM']), resource.RLIMIT_NOFILE, (5, 5))"
    ),
}

BY_GUARANTEE: Mapping[Guarantee, Mapping[str, str]] = {
    "outside": OUTSIDE,
    "metadata": METADATA,
    "protected": PROTECTED,
    "masked": MASKED,
    "network": NETWORK,
    "sockets": SOCKETS,
    "processes": PROCESSES,
}
