#!/bin/sh
# Hold the dashboards against Grafana's own types: @grafana/schema from npm, and TypeScript's compiler.
set -eu
here=$(cd "$(dirname "$0")/../.." && pwd)
work=${1:-$(mktemp -d)}
cd "$work"
npm install --silent --no-fund --no-audit @grafana/schema@13.2.3 typescript@5.9.3
"${PYTHON:-python3}" - "$here/monitoring/grafana/dashboards" > boards.ts <<'PY'
import json
import sys
from pathlib import Path

RAW = "@grafana/schema/dist/types/raw"
print(f"import {{ Dashboard, Panel, RowPanel }} from '{RAW}/dashboard/x/types.gen';")
kinds = ("stat", "timeseries", "table", "bargauge")
for kind in kinds:
    print(f"import {{ Options as {kind}_ }} from '{RAW}/composable/{kind}/panelcfg/x/types.gen';")
print("import { GraphFieldConfig, TableFieldOptions } from '@grafana/schema/dist/types/common/common.gen';")
# JSON spells enumerations as their values.
print("""
type Plain<T> = unknown extends T ? T : T extends string ? `${T}` : T extends number ? number
  : T extends boolean | null | undefined ? T : T extends (infer E)[] ? Plain<E>[]
  : { [K in keyof T]: Plain<T[K]> };
type Partly<T> = T extends object ? { [K in keyof T]?: Partly<T[K]> } : T;
""")
for number, file in enumerate(sorted(Path(sys.argv[1]).glob("*.json"))):
    board = json.loads(file.read_text())
    panels = board.pop("panels")
    # What the foundation SDK writes besides, and Grafana passes over.
    for variable in board["templating"]["list"]:
        for name in ("auto", "auto_min", "auto_count"):
            del variable[name]
    print(f"// {file.name}\nconst board{number}: Plain<Dashboard> = {json.dumps(board)};")
    for panel in panels:
        name = f"panel{number}_{panel['id']}"
        kind = "RowPanel" if panel["type"] == "row" else "Panel"
        print(f"const {name}: Plain<{kind}> = {json.dumps(panel)};")
        if kind == "Panel":
            panel["options"].pop("footer", None)
            options = json.dumps(panel["options"])
            print(f"const {name}_options: Partly<Plain<{panel['type']}_>> = {options};")
            custom = panel["fieldConfig"]["defaults"].get("custom")
            if custom:
                field = "TableFieldOptions" if panel["type"] == "table" else "GraphFieldConfig"
                print(f"const {name}_custom: Partly<Plain<{field}>> = {json.dumps(custom)};")
PY
grep -c '^const' boards.ts | sed 's/$/ objects of dashboards to check/'
npx tsc --noEmit --strict --skipLibCheck --moduleResolution node --module esnext --target es2022 boards.ts
echo "every one fits Grafana's schema"
