"""Reads infra/resources.yaml as far as the local cloud needs it: properties, intrinsics resolved."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import yaml

from infra.local.pinned import ACCOUNT, REGION
from infra.local.problems import CannotStart

PSEUDO = {
    "AWS::Region": REGION,
    "AWS::AccountId": ACCOUNT,
    "AWS::Partition": "aws",
    "AWS::URLSuffix": "amazonaws.com",
    "AWS::StackName": "ains-local",
    "AWS::NoValue": None,
}
REFERENCE = re.compile(r"\$\{([^!}][^}]*)\}")


class _Loader(yaml.SafeLoader):
    """YAML with CloudFormation's short forms: `!Ref X` becomes {"Ref": X}, `!Sub s` {"Fn::Sub": s}."""


def _short_form(loader: Any, suffix: str, node: Any) -> dict[str, Any]:
    if isinstance(node, yaml.ScalarNode):
        value: Any = loader.construct_scalar(node)
        if suffix == "GetAtt":
            value = value.split(".", 1)
    elif isinstance(node, yaml.SequenceNode):
        value = loader.construct_sequence(node, deep=True)
    else:
        value = loader.construct_mapping(node, deep=True)
    return {suffix if suffix in ("Ref", "Condition") else f"Fn::{suffix}": value}


_Loader.add_multi_constructor("!", _short_form)


class Template:
    """One template at one stage. `properties` and `of_type` give plain values."""

    def __init__(self, file: Path, stage: str) -> None:
        try:
            document = yaml.load(file.read_text(), Loader=_Loader)  # noqa: S506 (a SafeLoader underneath)
        except (OSError, yaml.YAMLError) as error:
            raise CannotStart(f"cannot read the template {file}: {str(error).splitlines()[0]}") from error
        declared = document.get("Parameters", {}).items()
        self._parameters = {name: spec.get("Default", "") for name, spec in declared} | {"Stage": stage}
        self._conditions: dict[str, Any] = document.get("Conditions", {})
        self._resources: dict[str, Any] = document["Resources"]

    def of_type(self, kind: str) -> dict[str, dict[str, Any]]:
        """logical id -> resolved properties, of every resource of `kind`."""
        found = (name for name, resource in self._resources.items() if resource.get("Type") == kind)
        return {name: self.properties(name) for name in found}

    def properties(self, name: str) -> dict[str, Any]:
        """Resolved properties of a resource; {} for one the template does not mention."""
        return dict(self._resolved(self._resources.get(name, {}).get("Properties", {})))

    def _resolved(self, node: Any) -> Any:
        if isinstance(node, list):
            return [self._resolved(each) for each in node]
        if not isinstance(node, dict):
            return node
        if len(node) == 1 and (key := next(iter(node))) in INTRINSICS:
            return INTRINSICS[key](self, node[key])
        resolved = {key: self._resolved(value) for key, value in node.items()}
        return {key: value for key, value in resolved.items() if value is not None}

    def _ref(self, name: str) -> Any:
        if name in self._parameters:
            return self._parameters[name]
        if name in PSEUDO:
            return PSEUDO[name]
        physical = self._physical_name(name)
        if self._resources[name].get("Type") == "AWS::SQS::Queue":
            return f"https://sqs.{REGION}.amazonaws.com/{ACCOUNT}/{physical}"
        return physical

    def _physical_name(self, name: str) -> str:
        properties = self._resources.get(name, {}).get("Properties", {})
        for key in ("TableName", "QueueName", "LogGroupName", "FunctionName"):
            if key in properties:
                return str(self._resolved(properties[key]))
        return name

    def _get_att(self, path: list[str]) -> str:
        name, attribute = path
        kind = self._resources.get(name, {}).get("Type", "")
        if attribute == "Arn" and kind == "AWS::SQS::Queue":
            return f"arn:aws:sqs:{REGION}:{ACCOUNT}:{self._physical_name(name)}"
        if attribute == "Arn" and kind == "AWS::DynamoDB::Table":
            return f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/{self._physical_name(name)}"
        if attribute == "StreamArn" and kind == "AWS::DynamoDB::Table":
            return f"{self._get_att([name, 'Arn'])}/stream/local"
        return self._physical_name(name)

    def _sub(self, argument: Any) -> str:
        text, local = argument if isinstance(argument, list) else (argument, {})

        def replaced(match: re.Match[str]) -> str:
            name = match.group(1)
            if name in local:
                return str(self._resolved(local[name]))
            return self._get_att(name.split(".", 1)) if "." in name else str(self._ref(name))

        return REFERENCE.sub(replaced, text)

    def _if(self, argument: list[Any]) -> Any:
        name, yes, no = argument
        return self._resolved(yes if self._resolved(self._conditions[name]) else no)


INTRINSICS: dict[str, Any] = {
    "Ref": Template._ref,
    "Fn::GetAtt": Template._get_att,
    "Fn::Sub": Template._sub,
    "Fn::If": Template._if,
    "Fn::Join": lambda t, a: a[0].join(str(each) for each in t._resolved(a[1])),
    "Fn::Equals": lambda t, a: t._resolved(a[0]) == t._resolved(a[1]),
    "Fn::Not": lambda t, a: not t._resolved(a[0]),
    "Fn::And": lambda t, a: all(t._resolved(each) for each in a),
    "Fn::Or": lambda t, a: any(t._resolved(each) for each in a),
    "Condition": lambda t, a: t._resolved(t._conditions[a]),
}
