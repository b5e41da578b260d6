"""Holds answers of a running device to its OpenAPI 3.1 document. Python's standard library only.

    api = OpenApi.load("daemon/device/api/openapi.json")
    api.check("GET", "/api/v1/search?q=x", 200, "application/json", body_bytes)   # raises Mismatch

Knows the part of JSON Schema 2020-12 that the document uses, and refuses a document that uses more: a rule that is not
checked must not look as if it were. An answer may not have members that the document does not describe.
"""

import datetime
import json
import re
import urllib.parse

ANNOTATIONS = {"description", "title", "examples", "default"}
KEYWORDS = {"$ref", "type", "enum", "const", "oneOf", "pattern", "format", "minLength", "maxLength", "minimum", "maximum",
            "items", "minItems", "maxItems", "properties", "required", "additionalProperties", "maxProperties",
            "dependentRequired"}


class Mismatch(AssertionError):
    """Where the answer and the document differ."""


class OpenApi:
    def __init__(self, document):
        self.document = document
        self.prefix = urllib.parse.urlsplit(document["servers"][0]["url"]).path
        self._check_document()

    @classmethod
    def load(cls, path):
        with open(path, encoding="utf-8") as file:
            return cls(json.load(file))

    def check(self, method, target, status, content_type, body):
        """Raises Mismatch unless this answer to this request is one that the document describes.

        `body` is bytes or text. Returns the parsed JSON, the text where the document says that it is one, else `body`.
        """
        path = urllib.parse.urlsplit(target).path
        if not path.startswith(self.prefix):
            raise Mismatch(f"{path} is not below {self.prefix}")
        operation = self._operation(method, path[len(self.prefix):])
        response = operation["responses"].get(str(status))
        if response is None:
            raise Mismatch(f"{method} {path} answered {status}, which the document does not know")
        media = content_type.split(";")[0].strip().lower()
        content = self._resolve(response)["content"].get(media)
        if content is None:
            raise Mismatch(f"{method} {path} {status} came as {media!r}, which the document does not know")
        value = body
        if media == "application/json" or media.endswith("+json"):
            value = json.loads(body)
        elif isinstance(body, bytes) and content["schema"].get("type") == "string":
            value = body.decode("utf-8")
        self.validate(value, content["schema"], f"{method} {path} {status}")
        return value

    def check_request(self, method, target, body):
        """Raises Mismatch unless the document allows this request: a test's own mistake."""
        parts = urllib.parse.urlsplit(target)
        operation = self._operation(method, parts.path[len(self.prefix):])
        known = {parameter["name"]: parameter for parameter in operation.get("parameters", [])
                 if parameter["in"] == "query"}
        given = urllib.parse.parse_qs(parts.query, keep_blank_values=True)
        for name in given:
            if name not in known:
                raise Mismatch(f"{method} {parts.path} has no query parameter {name!r}")
        for name, parameter in known.items():
            if parameter.get("required") and name not in given:
                raise Mismatch(f"{method} {parts.path} needs the query parameter {name!r}")
        if "requestBody" in operation:
            media = "application/octet-stream" if isinstance(body, bytes) else "application/json"
            content = operation["requestBody"]["content"].get(media)
            if content is None:
                raise Mismatch(f"{method} {parts.path} takes no {media}")
            self.validate(body, content["schema"], f"{method} {parts.path}")

    def schema(self, name):
        return self.document["components"]["schemas"][name]

    def validate(self, value, schema, where="value"):
        """Raises Mismatch, naming the place, unless the value fits the schema."""
        schema = self._resolve(schema)
        if "oneOf" in schema:
            self._check_one_of(value, schema["oneOf"], where)
        if "const" in schema and not same(value, schema["const"]):
            raise Mismatch(f"{where}: must be {schema['const']!r}, not {value!r}")
        if "enum" in schema and not any(same(value, allowed) for allowed in schema["enum"]):
            raise Mismatch(f"{where}: {value!r} is none of {schema['enum']}")
        if "type" in schema:
            wanted = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
            if not any(has_type(value, name) for name in wanted):
                raise Mismatch(f"{where}: {value!r} is not of type {' or '.join(wanted)}")
        if isinstance(value, str):
            check_text(value, schema, where)
        elif isinstance(value, (int, float)) and not isinstance(value, bool):
            check_number(value, schema, where)
        elif isinstance(value, list):
            check_count(len(value), schema, "minItems", "maxItems", "items", where)
            for index, item in enumerate(value):
                self.validate(item, schema.get("items", {}), f"{where}[{index}]")
        elif isinstance(value, dict):
            self._check_object(value, schema, where)

    def _check_one_of(self, value, schemas, where):
        complaints = []
        for schema in schemas:
            try:
                self.validate(value, schema, where)
            except Mismatch as mismatch:
                complaints.append(str(mismatch))
        if len(complaints) != len(schemas) - 1:
            raise Mismatch(f"{where}: fits {len(schemas) - len(complaints)} of {len(schemas)} forms: {complaints}")

    def _check_object(self, value, schema, where):
        check_count(len(value), schema, "minProperties", "maxProperties", "members", where)
        for name in schema.get("required", []):
            if name not in value:
                raise Mismatch(f"{where}: member {name!r} is missing")
        for name, others in schema.get("dependentRequired", {}).items():
            for other in others:
                if name in value and other not in value:
                    raise Mismatch(f"{where}: {name!r} is there without {other!r}")
        properties = schema.get("properties")
        rest = schema.get("additionalProperties")
        for name, member in value.items():
            if properties is not None and name in properties:
                self.validate(member, properties[name], f"{where}.{name}")
            elif isinstance(rest, dict):
                self.validate(member, rest, f"{where}.{name}")
            elif properties is not None or rest is False:
                raise Mismatch(f"{where}: member {name!r} is not in the document")

    def _operation(self, method, path):
        segments = path.split("/")
        found = None
        for template, operations in self.document["paths"].items():
            names = template.split("/")
            if len(names) == len(segments) and all(
                    name == segment or (name.startswith("{") and segment) for name, segment in zip(names, segments)):
                # What is written out wins over a {name}.
                if found is None or "{" not in template:
                    found = operations
        operation = (found or {}).get("get" if method == "HEAD" else method.lower())
        if operation is None:
            raise Mismatch(f"the document does not know {method} {path}")
        return operation

    def _resolve(self, node):
        while "$ref" in node:
            target = self.document
            for step in node["$ref"].removeprefix("#/").split("/"):
                target = target[step]
            node = target
        return node

    def _check_document(self):
        if not self.document["openapi"].startswith("3.1."):
            raise ValueError("this checker reads OpenAPI 3.1")
        for name, schema in self.document["components"]["schemas"].items():
            self._check_schema(schema, name)
        for path, operations in self.document["paths"].items():
            for method, operation in operations.items():
                for status, response in operation["responses"].items():
                    for content in self._resolve(response)["content"].values():
                        self._check_schema(content["schema"], f"{method} {path} {status}")

    def _check_schema(self, schema, where):
        unknown = set(schema) - KEYWORDS - ANNOTATIONS
        if unknown:
            raise ValueError(f"{where}: this checker does not know {sorted(unknown)}")
        self._resolve(schema)
        children = [schema.get("items"), schema.get("additionalProperties"), *schema.get("oneOf", []),
                    *schema.get("properties", {}).values()]
        for child in children:
            if isinstance(child, dict):
                self._check_schema(child, where)


def same(left, right):
    """Equality as JSON has it: 1 is not true."""
    return left == right and isinstance(left, bool) == isinstance(right, bool)


def has_type(value, name):
    if name == "null":
        return value is None
    if name == "boolean":
        return isinstance(value, bool)
    if name == "string":
        return isinstance(value, str)
    if name == "array":
        return isinstance(value, list)
    if name == "object":
        return isinstance(value, dict)
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
    if name == "number":
        return is_number
    if name == "integer":
        return is_number and value == int(value)
    raise ValueError(f"unknown type {name!r}")


def is_date(text):
    try:
        return re.fullmatch(r"\d{4}-\d{2}-\d{2}", text) and datetime.date.fromisoformat(text) is not None
    except ValueError:
        return False


def is_date_time(text):
    """RFC 3339."""
    if not re.fullmatch(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?(Z|[+-]\d{2}:\d{2})", text):
        return False
    try:
        datetime.datetime.fromisoformat(text[:19])
        return True
    except ValueError:
        return False


FORMATS = {"date": is_date, "date-time": is_date_time, "uuid": lambda text: True, "uri-reference": lambda text: " " not in text}


def check_text(value, schema, where):
    check_count(len(value), schema, "minLength", "maxLength", "characters", where)
    if "pattern" in schema and not re.search(schema["pattern"], value):
        raise Mismatch(f"{where}: {value!r} is not like {schema['pattern']}")
    if "format" in schema and not FORMATS[schema["format"]](value):
        raise Mismatch(f"{where}: {value!r} is not a {schema['format']}")


def check_number(value, schema, where):
    if "minimum" in schema and not value >= schema["minimum"]:
        raise Mismatch(f"{where}: {value} is below {schema['minimum']}")
    if "maximum" in schema and not value <= schema["maximum"]:
        raise Mismatch(f"{where}: {value} is above {schema['maximum']}")


def check_count(count, schema, lowest, highest, what, where):
    if count < schema.get(lowest, 0):
        raise Mismatch(f"{where}: has {count} {what}, needs {schema[lowest]}")
    if count > schema.get(highest, count):
        raise Mismatch(f"{where}: has {count} {what}, may have {schema[highest]}")
