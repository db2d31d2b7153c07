"""Packs the Visual Studio Code extension into a .vsix file, which is a zip with two manifests.

    python editors/vscode/make_vsix.py [OUTPUT]

Needs Python only. The TextMate grammar is taken from ``grammar/``, so that there is one copy of it. The language client,
which speaks to ``altac lsp``, is packed if ``npm ci --omit=dev`` has fetched it into ``node_modules`` beside this file;
without it the extension has colours and commands alone.
"""

from __future__ import annotations

import json
import sys
import zipfile
from pathlib import Path
from xml.sax.saxutils import escape, quoteattr

_HERE = Path(__file__).resolve().parent
_ROOT = _HERE.parents[1]
#: Path in the extension, and the file it comes from.
_FILES = {
    "package.json": _HERE / "package.json",
    "extension.js": _HERE / "extension.js",
    "locate.js": _HERE / "locate.js",
    "language-configuration.json": _HERE / "language-configuration.json",
    "README.md": _HERE / "README.md",
    "LICENSE.txt": _ROOT / "LICENSE",
    "syntaxes/alta.tmLanguage.json": _ROOT / "grammar" / "alta.tmLanguage.json",
}
_TYPES = {
    ".js": "application/javascript", ".json": "application/json", ".md": "text/markdown", ".txt": "text/plain",
    ".vsixmanifest": "text/xml",
}  # fmt: skip


def make_vsix(output: Path, modules: Path = _HERE / "node_modules") -> None:
    """Write the extension to ``output``, with what ``modules`` holds; the same files give the same bytes."""
    package = json.loads(_FILES["package.json"].read_text(encoding="utf-8"))
    files = {**_FILES, **_modules(modules)}
    if package["dependencies"].keys() - {path.name for path in modules.glob("*")}:
        package["dependencies"] = {}
    entries = {"extension.vsixmanifest": _manifest(package), "[Content_Types].xml": _content_types(files)}
    for name, path in files.items():
        entries[f"extension/{name}"] = path.read_text(encoding="utf-8")
    entries["extension/package.json"] = json.dumps(package, indent=2, ensure_ascii=False) + "\n"
    with zipfile.ZipFile(output, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in entries.items():
            info = zipfile.ZipInfo(name, date_time=(1980, 1, 1, 0, 0, 0))
            info.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(info, text)


def _modules(folder: Path) -> dict[str, Path]:
    """What runs of the modules, and their licences; nothing if they were not fetched."""
    kept = {}
    for path in sorted(folder.rglob("*")):
        licence = path.name.upper().startswith(("LICENSE", "LICENCE", "NOTICE"))
        runs = path.suffix in (".js", ".json") and not path.name.startswith(".")
        if path.is_file() and (licence or runs) and ".bin" not in path.parts and "browser" not in path.parts:
            kept["node_modules/" + path.relative_to(folder).as_posix()] = path
    return kept


def _manifest(package: dict[str, object]) -> str:
    def attribute(name: str) -> str:
        return quoteattr(str(package[name]))

    engine = package["engines"]
    assert isinstance(engine, dict)
    return f"""<?xml version="1.0" encoding="utf-8"?>
<PackageManifest Version="2.0.0" xmlns="http://schemas.microsoft.com/developer/vsx-schema/2011">
  <Metadata>
    <Identity Language="en-US" Id={attribute("name")} Version={attribute("version")} Publisher={attribute("publisher")}/>
    <DisplayName>{escape(str(package["displayName"]))}</DisplayName>
    <Description xml:space="preserve">{escape(str(package["description"]))}</Description>
    <Tags>alta,altac,__ext_alta</Tags>
    <Categories>Programming Languages</Categories>
    <Properties>
      <Property Id="Microsoft.VisualStudio.Code.Engine" Value={quoteattr(str(engine["vscode"]))}/>
    </Properties>
    <License>extension/LICENSE.txt</License>
  </Metadata>
  <Installation>
    <InstallationTarget Id="Microsoft.VisualStudio.Code"/>
  </Installation>
  <Dependencies/>
  <Assets>
    <Asset Type="Microsoft.VisualStudio.Code.Manifest" Path="extension/package.json" Addressable="true"/>
    <Asset Type="Microsoft.VisualStudio.Services.Content.Details" Path="extension/README.md" Addressable="true"/>
    <Asset Type="Microsoft.VisualStudio.Services.Content.License" Path="extension/LICENSE.txt" Addressable="true"/>
  </Assets>
</PackageManifest>
"""


def _content_types(files: dict[str, Path]) -> str:
    defaults = "".join(f'  <Default Extension="{ext}" ContentType="{kind}"/>\n' for ext, kind in _TYPES.items())
    for name in files:
        if Path(name).suffix not in _TYPES:
            defaults += f'  <Override PartName="/extension/{escape(name)}" ContentType="text/plain"/>\n'
    return (
        '<?xml version="1.0" encoding="utf-8"?>\n'
        '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">\n'
        f"{defaults}</Types>\n"
    )


if __name__ == "__main__":
    make_vsix(Path(sys.argv[1] if len(sys.argv) > 1 else "altac.vsix"))
