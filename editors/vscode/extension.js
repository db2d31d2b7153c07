// Starts the language server, and offers to run and trace the program in view.
"use strict";

const path = require("path");
const vscode = require("vscode");

let client;

/** The language client's library; undefined in an extension that was packed without it. */
function library() {
    try {
        return require("vscode-languageclient/node");
    } catch (error) {
        if (error.code === "MODULE_NOT_FOUND") {
            return undefined;
        }
        throw error;
    }
}

function command() {
    return vscode.workspace.getConfiguration("altac").get("path") || "altac";
}

async function start() {
    const lsp = library();
    if (lsp === undefined || !vscode.workspace.getConfiguration("altac").get("server")) {
        return;
    }
    const run = { command: command(), args: ["lsp"], transport: lsp.TransportKind.stdio };
    client = new lsp.LanguageClient("altac", "altac", { run, debug: run }, {
        documentSelector: [{ scheme: "file", language: "alta" }, { scheme: "untitled", language: "alta" }],
    });
    try {
        await client.start();
    } catch (error) {
        client = undefined;
        const choice = await vscode.window.showErrorMessage(
            `altac: cannot start \`${run.command} lsp\`: ${error.message || error}. `
            + "Install it with `pip install altac`, or set `altac.path`.",
            "Open settings");
        if (choice !== undefined) {
            vscode.commands.executeCommand("workbench.action.openSettings", "altac.path");
        }
    }
}

async function stop() {
    const running = client;
    client = undefined;
    if (running !== undefined) {
        await running.stop();
    }
}

/** The input of the first test line with a string, as a proposal. */
function proposedInput(document) {
    const found = /^[ \t]*test[ \t]+("(?:[^"\\\n]|\\.)*"|\[[^\]\n]*\])/m.exec(document.getText());
    if (found === null) {
        return "";
    }
    return found[1].startsWith("\"") ? found[1].slice(1, -1).replace(/\\(["\\])/g, "$1") : jsonList(found[1]);
}

/** A list of the language as the JSON that the command line takes: names in quotes. */
function jsonList(text) {
    return text.replace(/"(?:[^"\\]|\\.)*"|[A-Za-z_]\w*/g,
        (word) => word.startsWith("\"") || word === "true" || word === "false" ? word : `"${word}"`);
}

/** Runs `altac VERB FILE INPUT` in a terminal, without a shell that would read the input. */
async function execute(context, verb) {
    const editor = vscode.window.activeTextEditor;
    if (editor === undefined || editor.document.languageId !== "alta") {
        vscode.window.showInformationMessage("altac: open an .alta program first.");
        return;
    }
    const document = editor.document;
    if (document.isUntitled || document.isDirty) {
        if (!await document.save()) {
            return;
        }
    }
    const file = document.uri.fsPath;
    const key = `input ${file}`;
    const input = await vscode.window.showInputBox({
        title: `altac ${verb} ${path.basename(file)}`,
        prompt: "Text, or a JSON list of tokens",
        value: context.workspaceState.get(key) || proposedInput(document),
    });
    if (input === undefined) {
        return;
    }
    await context.workspaceState.update(key, input);
    const task = new vscode.Task(
        { type: "altac", verb }, vscode.TaskScope.Workspace, `${verb} ${path.basename(file)}`, "altac",
        new vscode.ProcessExecution(command(), [verb, file, "--", input], { cwd: path.dirname(file) }));
    task.presentationOptions = { reveal: vscode.TaskRevealKind.Always, clear: true };
    await vscode.tasks.executeTask(task);
}

async function activate(context) {
    context.subscriptions.push(
        vscode.commands.registerCommand("altac.run", () => execute(context, "run")),
        vscode.commands.registerCommand("altac.trace", () => execute(context, "trace")),
        vscode.commands.registerCommand("altac.restart", async () => {
            await stop();
            await start();
        }),
        vscode.workspace.onDidChangeConfiguration(async (event) => {
            if (event.affectsConfiguration("altac")) {
                await stop();
                await start();
            }
        }));
    await start();
}

module.exports = { activate, deactivate: stop };
