"""What every code of a problem means: how grave it is, its cause and its remedy.

docs/errors.md is made from this table.
"""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

from vibe.config.codes import Code


class Explanation(Struct, frozen=True):
    severity: Literal["error", "warning", "note"]
    cause: str
    remedy: str


def explained(code: Code) -> Explanation:
    return _EXPLAINED[code]


_EXPLAINED: dict[Code, Explanation] = {
    Code.FILE_MISSING: Explanation(
        "error",
        "The file that was named on the command line or in `VIBE_CONFIG` does not exist.",
        "Correct the path, or write a starter file with `vibe config init`.",
    ),
    Code.FILE_EMPTY: Explanation(
        "warning",
        "The file holds no setting, so vibe runs on its defaults.",
        "Fill it, or let `vibe config init` do so.",
    ),
    Code.FILE_BOM: Explanation(
        "note",
        "The file begins with a byte order mark, as some editors write it.",
        "Nothing to do: it is read, and kept when vibe writes the file.",
    ),
    Code.FILE_TOO_LARGE: Explanation(
        "error",
        "The file is larger than 1 MB, or holds more than 20,000 values, which no configuration "
        "needs.",
        "Check that the path names the right file.",
    ),
    Code.FILE_NOT_REGULAR: Explanation(
        "error",
        "The path names a folder, a pipe or a device, not a file.",
        "Name the file itself.",
    ),
    Code.FILE_LINK_LOOP: Explanation(
        "error",
        "The path is a symbolic link that leads back to itself.",
        "Remove the link and put the file in its place.",
    ),
    Code.FILE_UNREADABLE: Explanation(
        "error",
        "The operating system does not let you read the file.",
        "Give yourself the right to: `chmod 600 FILE`.",
    ),
    Code.FILE_FOREIGN_OWNER: Explanation(
        "error",
        "The file belongs to another user, who could send your keys elsewhere.",
        "Take the file over with `chown`, or use a copy of your own.",
    ),
    Code.FILE_WRITABLE_BY_ALL: Explanation(
        "warning",
        "Everyone on this machine may change the file, and with it where your keys are sent.",
        "`chmod 600 FILE`.",
    ),
    Code.TEXT_ENCODING: Explanation(
        "error",
        "The file is not UTF-8 text.",
        "Save it as UTF-8; `iconv -f UTF-16 -t UTF-8` converts what Windows editors write.",
    ),
    Code.TEXT_LINE_ENDS: Explanation(
        "error",
        "A line ends in a bare carriage return, which TOML does not know.",
        "Save the file with Unix (LF) or Windows (CRLF) line ends.",
    ),
    Code.TEXT_CONTROL: Explanation(
        "error",
        "The file holds a control character, such as NUL or ESC, that cannot be seen.",
        "Delete it; inside a text in double quotes it can be written as `\\u001b`.",
    ),
    Code.TOML_STRING_OPEN: Explanation(
        "error",
        "A text is opened by a quote and never closed.",
        "Close it on the same line with the same quote.",
    ),
    Code.TOML_BRACKET_OPEN: Explanation(
        "error",
        "A list or an inline table is opened and never closed.",
        "Close it with `]` or `}`, with commas between its items.",
    ),
    Code.TOML_HEADER: Explanation(
        "error",
        "The header of a table lacks a bracket or a name.",
        "Write `[table]` for one table, `[[table]]` for an item of a list.",
    ),
    Code.TOML_QUOTES: Explanation(
        "error",
        "A text stands without quotes.",
        'Put it in double quotes: `mode = "failover"`.',
    ),
    Code.TOML_BOOLEAN: Explanation(
        "error",
        "TOML's truth values are `true` and `false`, in small letters and without quotes.",
        "Write `true` or `false`.",
    ),
    Code.TOML_NUMBER: Explanation(
        "error",
        "The number is not written as TOML writes numbers, or is too long to be one.",
        "Write plain digits, without unit, percent sign or leading zero.",
    ),
    Code.TOML_NO_VALUE: Explanation(
        "error", "A key stands without a value.", "Give it one, or delete the line."
    ),
    Code.TOML_NO_EQUALS: Explanation(
        "error", "There is no `=` between key and value.", "Write `key = value`."
    ),
    Code.TOML_EXTRA: Explanation(
        "error",
        "Something follows the value on the same line.",
        "One setting a line, without a comma at its end; comments begin with `#`.",
    ),
    Code.TOML_SMART_QUOTES: Explanation(
        "error",
        "Typographic quotes, as word processors make them, are not quotes to TOML.",
        'Use the straight quote `"`.',
    ),
    Code.TOML_ESCAPE: Explanation(
        "error",
        "In double quotes a backslash begins an escape, and this one does not exist.",
        "Use single quotes, which take a backslash as it is, or double each backslash.",
    ),
    Code.TOML_JSON: Explanation(
        "error", "This is JSON; config.toml is TOML.", "Write `key = value` lines under `[table]`."
    ),
    Code.TOML_YAML: Explanation(
        "error", "This is YAML; config.toml is TOML.", "Write `key = value` lines under `[table]`."
    ),
    Code.TOML_DUPLICATE: Explanation(
        "error",
        "The same key or table stands twice, so that one of the two would be lost.",
        "Keep one of them.",
    ),
    Code.TOML_TOO_DEEP: Explanation(
        "error",
        "Brackets or dotted keys nest deeper than 64 levels.",
        "No setting of vibe needs more than three.",
    ),
    Code.TOML_INVALID: Explanation(
        "error",
        "The line is not valid TOML for a reason that has no code of its own.",
        "Correct it as the message says.",
    ),
    Code.TABLE_IS_LIST: Explanation(
        "error",
        "`providers`, `models` and `multiplexer.pool` are lists: each item has its own header.",
        "Write `[[providers]]` with two brackets for each one.",
    ),
    Code.TABLE_IS_ONE: Explanation(
        "error",
        "The table exists once, and here it is written as an item of a list.",
        "Write `[multiplexer]` with one bracket.",
    ),
    Code.KEY_UNKNOWN: Explanation(
        "warning",
        "No setting has this name, so the line has no effect.",
        "Correct the name as suggested, or delete the line.",
    ),
    Code.KEY_UNSAFE: Explanation(
        "error",
        "The key sounds like a matter of security, and vibe would not act on it.",
        "Delete it; do what it was meant to do in the way that the message names.",
    ),
    Code.KEY_MISPLACED: Explanation(
        "error",
        "The key exists, but in another table than the one whose header stands above it.",
        "Move the line; keys of the top level stand before the first header.",
    ),
    Code.KEY_REQUIRED: Explanation(
        "error", "A key without which the table means nothing is missing.", "Add it."
    ),
    Code.VALUE_TYPE: Explanation(
        "error", "The value is of another type than the key takes.", "Write it as suggested."
    ),
    Code.VALUE_RANGE: Explanation(
        "error", "The number lies outside of the range that makes sense.", "Stay within the range."
    ),
    Code.VALUE_CHOICE: Explanation(
        "error", "The value is none of those that the key takes.", "Choose one of those listed."
    ),
    Code.VALUE_CONTROL: Explanation(
        "error",
        "The text contains a control character, which could act on a terminal or a header.",
        "Remove it.",
    ),
    Code.VALUE_EMPTY: Explanation(
        "error", "A name is empty or begins or ends with a blank.", "Give it a plain name."
    ),
    Code.MODE_UNKNOWN: Explanation(
        "error",
        "The multiplexer has three modes: `single`, `failover` and `load_balance`.",
        'Choose one; strategies such as `round_robin` go with `mode = "load_balance"`.',
    ),
    Code.DURATION_SHORT: Explanation(
        "warning",
        "The key counts milliseconds, and the value looks like seconds.",
        "Multiply by 1000 if you meant seconds.",
    ),
    Code.HEADER_INVALID: Explanation(
        "error",
        "HTTP does not allow this name or this value of a header.",
        "Use letters, digits and dashes for the name, one line of text for the value.",
    ),
    Code.RULE_INVALID: Explanation(
        "error",
        "The text is no rule of permissions, so that nothing could be held against it.",
        "Write a tool, and in brackets what the rule is about: `bash(git diff *)`, "
        "`write(docs/**)`.",
    ),
    Code.VARIABLE_UNSET: Explanation(
        "error",
        "The text refers to a variable that is set neither in the environment nor in `.env`.",
        "Set it, give a default as `${NAME:-default}`, or write `$${NAME}` for the letters "
        "themselves.",
    ),
    Code.VARIABLE_CYCLE: Explanation(
        "error",
        "Variables in `.env` refer to one another in a circle.",
        "Give one of them a value of its own.",
    ),
    Code.VARIABLE_SYNTAX: Explanation(
        "error",
        "A `${` is not followed by the name of a variable and a `}`.",
        "Write `${NAME}` or `${NAME:-default}`; `$${` stands for the letters `${`.",
    ),
    Code.ALIAS_RESERVED: Explanation(
        "error",
        "`auto` means the whole pool and cannot be the name of one model.",
        "Choose another alias.",
    ),
    Code.ALIAS_DUPLICATE: Explanation(
        "error",
        "Two models share one alias, also where only case or Unicode form differs.",
        "Give each model an alias of its own.",
    ),
    Code.PROVIDER_DUPLICATE: Explanation(
        "error",
        "Two providers share one name, also where only case or Unicode form differs.",
        "Give each provider a name of its own.",
    ),
    Code.PROVIDER_UNKNOWN: Explanation(
        "error",
        "A model names a provider that no `[[providers]]` defines.",
        "Correct the name, or define the provider.",
    ),
    Code.ACTIVE_MISSING: Explanation(
        "error",
        "There are models, but nothing says which of them answers.",
        'Put `active_model = "ALIAS"` at the top of the file.',
    ),
    Code.ACTIVE_UNKNOWN_ALIAS: Explanation(
        "error",
        "unknown model alias: `active_model` is the alias of no model.",
        "Use an `alias` of one of the `[[models]]`.",
    ),
    Code.ACTIVE_NOT_IN_POOL: Explanation(
        "warning",
        "The multiplexer is on, and `active_model` is not in its pool.",
        "Add it to the pool, or leave it: it is used only when you choose it.",
    ),
    Code.POOL_EMPTY: Explanation(
        "error",
        "The multiplexer is on, and its pool has no entry: no traffic could be routed.",
        'Add a `[[multiplexer.pool]]` with `model = "ALIAS"`.',
    ),
    Code.POOL_UNKNOWN_ALIAS: Explanation(
        "error",
        "unknown model alias: the `model` of a pool entry is the alias of no model.",
        "Use an `alias` of one of the `[[models]]`.",
    ),
    Code.POOL_DUPLICATE: Explanation(
        "error",
        "The same model stands twice in the pool.",
        "Keep one entry; a larger share is a larger `weight`.",
    ),
    Code.POOL_NO_PRIMARY: Explanation(
        "error",
        "Every entry of the pool is a fallback; at least one non-fallback model is needed.",
        "Remove `is_fallback = true` from one entry.",
    ),
    Code.POOL_NO_WEIGHT: Explanation(
        "error",
        "All weights are 0, so that no traffic could be routed.",
        "Give at least one entry a weight of 1 or more.",
    ),
    Code.PROVIDER_DISABLED: Explanation(
        "warning",
        "The model's provider has `enabled = false`, so that it can never answer.",
        "Enable the provider, or take the model out of the pool.",
    ),
    Code.URL_SCHEME: Explanation(
        "error",
        "The address does not begin with `https://` or `http://`.",
        "Write the whole address, as `https://api.mistral.ai/v1`.",
    ),
    Code.URL_INVALID: Explanation(
        "error", "The address holds a blank, or lacks a host.", "Write it as suggested."
    ),
    Code.URL_PORT: Explanation(
        "error", "Ports go from 1 to 65535.", "Correct the number after the colon."
    ),
    Code.URL_QUERY: Explanation(
        "error",
        "The address ends in `?…` or `#…`, which would get lost when paths are appended.",
        "Leave it out; Azure's version goes into `api_version`.",
    ),
    Code.URL_ENDPOINT: Explanation(
        "error",
        "The address is that of one endpoint; vibe appends such paths itself.",
        "Leave the last part out.",
    ),
    Code.URL_NO_VERSION: Explanation(
        "warning",
        "Addresses of this dialect usually end in `/v1`.",
        "Append it, unless the server has its API at the root.",
    ),
    Code.URL_CREDENTIALS: Explanation(
        "error",
        "The address contains a user name or a password.",
        "Take it out and put the key into the variable that `api_key_env_var` names.",
    ),
    Code.URL_UNENCRYPTED: Explanation(
        "warning",
        "The address begins with `http://` and names another machine: the key would be readable "
        "on the way.",
        "Use `https://`.",
    ),
    Code.API_KEY_MISSING: Explanation(
        "error",
        "Missing API key: the variable is not set, empty, or holds no usable key.",
        "Set the variable in the environment or in `.env` beside config.toml; "
        "`--allow-missing-keys` starts without it where another model of the pool can answer.",
    ),
    Code.API_KEY_PASTED: Explanation(
        "error",
        "A key stands where the name of a variable belongs. Its value is not shown.",
        "Put the key into `.env` as `NAME=key`, write `NAME` here, and renew the key if the file "
        "was ever shared.",
    ),
    Code.API_VERSION_MISSING: Explanation(
        "error",
        "Azure requires an API version with every request.",
        'Add `api_version = "2024-10-21"` to the provider.',
    ),
    Code.DOTENV_INVALID: Explanation(
        "warning",
        "A line of `.env` is no `NAME=value`, or the file cannot be read.",
        "Write one `NAME=value` a line.",
    ),
    Code.DOTENV_EXPOSED: Explanation(
        "warning", "Other users of this machine may read your keys.", "`chmod 600 .env`."
    ),
    Code.UI_KEY_TWICE: Explanation(
        "warning",
        "One key is given to two actions of the chat, and can only do one of them.",
        "Give one of them another key.",
    ),
    Code.UI_KEY_TAKEN: Explanation(
        "warning",
        "A key is given to an action of the chat, and the one that had it has no other.",
        'Give that one a key too; `model = ""` says that it needs none.',
    ),
    Code.GATEWAY_UNKNOWN_ALIAS: Explanation(
        "error",
        "unknown model alias: one of the `big`, `middle` or `small` models is the alias of no "
        "model.",
        "Use an `alias` of one of the `[[models]]`, or `auto` for the whole pool.",
    ),
    Code.GATEWAY_MODEL_TWICE: Explanation(
        "warning",
        "The same model stands twice among those of one size; the second has no effect.",
        "Leave one of them out.",
    ),
    Code.GATEWAY_HOST: Explanation(
        "error",
        "The gateway cannot listen there: this is neither an address nor a name.",
        "Write the address alone, as `127.0.0.1`; the port is a key of its own.",
    ),
    Code.GATEWAY_OPEN: Explanation(
        "note",
        "The gateway listens on an address that other machines can reach. It asks each of them for "
        "its token.",
        "Nothing to do if you meant it; else write `127.0.0.1`.",
    ),
    Code.GATEWAY_ALLOWED_HOST: Explanation(
        "error",
        "A name that clients may call the gateway by is written with something around it, or is "
        "none.",
        "Write the name or the address alone, as `gateway.example.com`.",
    ),
    Code.GATEWAY_ORIGIN: Explanation(
        "error",
        "This is not how browsers name the page that asks, or it would let any page ask.",
        "Write scheme, host and, where there is one, port, as `https://chat.example.com`.",
    ),
    Code.PROJECT_UNTRUSTED: Explanation(
        "note",
        "The folder has a `.vibe/config.toml`, which is not read before you trust it.",
        "Read the file, then `vibe config trust`.",
    ),
    Code.ENVIRONMENT_UNKNOWN: Explanation(
        "warning",
        "A variable begins with `VIBE_` but names no setting, so it has no effect.",
        "Correct its name: `VIBE_` and the path of the key, with `__` between levels.",
    ),
}
