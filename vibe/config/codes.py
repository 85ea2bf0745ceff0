"""The code of every problem that a configuration can have.

The checks choose the code; the words that name the very value and line are theirs. What a code
means stands in explanations.py.
"""

from __future__ import annotations

from enum import StrEnum


class Code(StrEnum):
    # the file itself
    FILE_MISSING = "file-missing"
    FILE_EMPTY = "file-empty"
    FILE_BOM = "file-bom"
    FILE_TOO_LARGE = "file-too-large"
    FILE_NOT_REGULAR = "file-not-regular"
    FILE_LINK_LOOP = "file-link-loop"
    FILE_UNREADABLE = "file-unreadable"
    FILE_FOREIGN_OWNER = "file-foreign-owner"
    FILE_WRITABLE_BY_ALL = "file-writable-by-all"
    TEXT_ENCODING = "text-encoding"
    TEXT_LINE_ENDS = "text-line-ends"
    TEXT_CONTROL = "text-control"
    # its syntax
    TOML_STRING_OPEN = "toml-string-open"
    TOML_BRACKET_OPEN = "toml-bracket-open"
    TOML_HEADER = "toml-header"
    TOML_QUOTES = "toml-quotes"
    TOML_BOOLEAN = "toml-boolean"
    TOML_NUMBER = "toml-number"
    TOML_NO_VALUE = "toml-no-value"
    TOML_NO_EQUALS = "toml-no-equals"
    TOML_EXTRA = "toml-extra"
    TOML_SMART_QUOTES = "toml-smart-quotes"
    TOML_ESCAPE = "toml-escape"
    TOML_JSON = "toml-json"
    TOML_YAML = "toml-yaml"
    TOML_DUPLICATE = "toml-duplicate"
    TOML_TOO_DEEP = "toml-too-deep"
    TOML_INVALID = "toml-invalid"
    # tables and keys
    TABLE_IS_LIST = "table-is-list"
    TABLE_IS_ONE = "table-is-one"
    KEY_UNKNOWN = "key-unknown"
    KEY_UNSAFE = "key-unsafe"
    KEY_MISPLACED = "key-misplaced"
    KEY_REQUIRED = "key-required"
    # values
    VALUE_TYPE = "value-type"
    VALUE_RANGE = "value-range"
    VALUE_CHOICE = "value-choice"
    VALUE_CONTROL = "value-control"
    VALUE_EMPTY = "value-empty"
    MODE_UNKNOWN = "mode-unknown"
    DURATION_SHORT = "duration-short"
    HEADER_INVALID = "header-invalid"
    RULE_INVALID = "rule-invalid"
    VARIABLE_UNSET = "variable-unset"
    VARIABLE_CYCLE = "variable-cycle"
    VARIABLE_SYNTAX = "variable-syntax"
    ALIAS_RESERVED = "alias-reserved"
    # what refers to what
    ALIAS_DUPLICATE = "alias-duplicate"
    PROVIDER_DUPLICATE = "provider-duplicate"
    PROVIDER_UNKNOWN = "provider-unknown"
    ACTIVE_MISSING = "active-missing"
    ACTIVE_UNKNOWN_ALIAS = "active-unknown-alias"
    ACTIVE_NOT_IN_POOL = "active-not-in-pool"
    POOL_EMPTY = "pool-empty"
    POOL_UNKNOWN_ALIAS = "pool-unknown-alias"
    POOL_DUPLICATE = "pool-duplicate"
    POOL_NO_PRIMARY = "pool-no-primary"
    POOL_NO_WEIGHT = "pool-no-weight"
    PROVIDER_DISABLED = "provider-disabled"
    # addresses and keys
    URL_SCHEME = "url-scheme"
    URL_INVALID = "url-invalid"
    URL_PORT = "url-port"
    URL_QUERY = "url-query"
    URL_ENDPOINT = "url-endpoint"
    URL_NO_VERSION = "url-no-version"
    URL_CREDENTIALS = "url-credentials"
    URL_UNENCRYPTED = "url-unencrypted"
    API_KEY_MISSING = "api-key-missing"
    API_KEY_PASTED = "api-key-pasted"
    API_VERSION_MISSING = "api-version-missing"
    DOTENV_INVALID = "dotenv-invalid"
    DOTENV_EXPOSED = "dotenv-exposed"
    # the chat
    UI_KEY_TWICE = "ui-key-twice"
    UI_KEY_TAKEN = "ui-key-taken"
    # the gateway
    GATEWAY_UNKNOWN_ALIAS = "gateway-unknown-alias"
    GATEWAY_MODEL_TWICE = "gateway-model-twice"
    GATEWAY_HOST = "gateway-host"
    GATEWAY_OPEN = "gateway-open"
    GATEWAY_ALLOWED_HOST = "gateway-allowed-host"
    GATEWAY_ORIGIN = "gateway-origin"
    # other layers
    PROJECT_UNTRUSTED = "project-untrusted"
    ENVIRONMENT_UNKNOWN = "environment-unknown"
