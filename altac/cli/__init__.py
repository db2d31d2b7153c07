"""The command line: arguments in, library calls, text out. Commands are loaded when they are called."""

from __future__ import annotations

import os
import sys
from importlib import import_module
from typing import Any

import click

from altac.cli.exits import Exit
from altac.cli.streams import OutputError, abandon_output, prepare

#: Command -> (module, function, one-line help). The help stands here so that `altac --help` loads no command.
COMMANDS = {
    "check": ("altac.cli.check", "check", "Parse and check programs."),
    "run": ("altac.cli.run", "run", "Run a program on inputs."),
    "test": ("altac.cli.test", "test", "Run the test lines of programs on both engines."),
    "build": ("altac.cli.build", "build", "Build a model: a module with weights, for a target."),
    "targets": ("altac.cli.targets", "targets", "List the targets that models are built for."),
    "inspect": ("altac.cli.build", "inspect", "Report the size of the compiled model."),
    "rules": ("altac.cli.rules", "rules", "Print the transition rules."),
    "verify": ("altac.cli.verify", "verify", "Compare interpreter and compiled model; print the certificate."),
    "minimize": ("altac.cli.minimize", "minimize", "Write the minimal version of a program for given inputs."),
    "theorem": ("altac.cli.theorem", "theorem", "Tell whether the compiled MLP is a strict local optimum."),
    "trace": ("altac.cli.trace", "trace", "Show the residual stream layer by layer."),
    "view": ("altac.cli.view", "view", "Write a page that shows a run: states, attention, updates, weights."),
    "train": ("altac.cli.train", "train", "Train an MLP on traces and evaluate the Transformer."),
    "fmt": ("altac.cli.fmt", "fmt", "Format programs."),
    "new": ("altac.cli.new", "new", "Create a program from a template."),
    "explain": ("altac.cli.explain", "explain", "Explain a diagnostic code."),
    "repl": ("altac.cli.repl", "repl", "Work on a program interactively."),
    "lsp": ("altac.cli.lsp", "lsp", "Serve an editor (language server)."),
}


class _Commands(click.Group):
    """Loads a command's module when the command is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        module, name, _ = COMMANDS[cmd_name]
        command: click.Command = getattr(import_module(module), name)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, _, text) in COMMANDS.items()])

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and args[0] not in COMMANDS and not args[0].startswith("-"):
            from altac.diagnostics.problem import did_you_mean

            close = did_you_mean(args[0], COMMANDS)
            hint = f" Did you mean `altac {close}`?" if close else " `altac --help` lists the commands."
            raise click.UsageError(f"There is no command `{args[0]}`.{hint}")
        return super().resolve_command(ctx, args)

    def main(self, *args: Any, **kwargs: Any) -> Any:
        """Like click's, with altac's exit codes and no traceback for anything."""
        standalone = kwargs.pop("standalone_mode", True)
        kwargs["standalone_mode"] = False
        prepare()
        code = _written(lambda: click.Group.main(self, *args, **kwargs))
        if standalone:
            sys.exit(code)
        return code


def _written(run: Any) -> int:
    """The exit status of a run, when all that it prints has reached its reader, or the reader has left."""
    try:
        code = _guarded(run)
        sys.stdout.flush()
        return code
    except OutputError as error:
        abandon_output()
        if error.is_closed:
            return Exit.SUCCESS
        from altac.cli.output import report
        from altac.diagnostics.cli_errors import CannotWrite

        report([CannotWrite(path="to standard output", reason=error.reason)])
        return Exit.FAILURE


def _guarded(run: Any) -> int:
    from altac.diagnostics.problem import AltacError

    try:
        result = run()
        return int(result) if isinstance(result, int) else Exit.SUCCESS
    except AltacError as error:
        from altac.cli.output import report

        report(error.problems)
        return Exit.FAILURE
    except click.exceptions.Abort:
        return Exit.INTERRUPTED
    except KeyboardInterrupt:
        return Exit.INTERRUPTED
    except click.ClickException as error:
        error.show()
        return Exit.USAGE
    except MemoryError:
        click.echo("altac: out of memory", err=True)
        return Exit.FAILURE
    except OutputError:
        raise
    except OSError as error:
        from altac.untrusted import reason_of

        reason = reason_of(error)
        click.echo(f"altac: {reason}" if error.filename is None else f"altac: {error.filename}: {reason}", err=True)
        return Exit.FAILURE
    except Exception as error:
        if os.environ.get("ALTAC_DEBUG"):
            raise
        click.echo(
            f"altac: internal error: {type(error).__name__}: {error}\n"
            "This is a fault of altac; please report it with the program. ALTAC_DEBUG=1 shows where it happened.",
            err=True,
        )
        return Exit.FAILURE


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(package_name="altac", message="altac %(version)s")
def main() -> None:
    """Programs that Transformers can run: check, run, compile and look inside."""
