"""What the checks of the dashboards and rules share: reading them, and putting values in for variables."""
import json, pathlib, re

MANIFESTS = pathlib.Path(__file__).resolve().parents[2] / "manifests"


def dashboards():
    return {path.stem: json.loads(path.read_text()) for path in sorted((MANIFESTS / "grafana/dashboards").glob("*.json"))}


def substituted(expr, variables):
    """As Grafana does: $name and ${name}. A variable that nobody has given is an error."""
    def value(match):
        name = match.group(1) or match.group(2)
        return variables[name] if name in variables else match.group(0) if name.isdigit() else _missing(name, expr)
    return re.sub(r"\$(?:\{(\w+)\}|(\w+))", value, expr)


def _missing(name, expr):
    raise SystemExit(f"no value for the variable ${name} in {expr}")


def queries(board):
    """(panel's title, its kind, query) of each target."""
    return [(panel["title"], panel["type"], target["expr"]) for panel in board["panels"] for target in panel["targets"]]
