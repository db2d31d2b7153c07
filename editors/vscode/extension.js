// Starts the language server, and offers to run and trace the program in view.
"use strict";

const os = require("os");
const path = require("path");
const vscode = require("vscode");
const { locate } = require("./locate");

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

/** The interpreter that the Python extension uses for the workspace; undefined if there is none. */
async function interpreter() {
    const python = vscode.extensions.getExtension("ms-python.python");
    try {
        const api = python && await python.activate();
        return api && api.environments && api.environments.getActiveEnvironmentPath().path;
    } catch {
        return undefined; // its own trouble, which it shows itself
    }
}

/** The altac command; undefined, with one message that says what to do, if there is none. */
async function command() {
    const found = locate(vscode.workspace.getConfiguration("altac").get("path"), {
        folders: (vscode.workspace.workspaceFolders || []).map(({ name, uri }) => ({ name, path: uri.fsPath })),
        home: os.homedir(),
        env: process.env,
        trusted: vscode.workspace.isTrusted,
        interpreter: await interpreter(),
    });
    if (found.command === undefined) {
        complain(`altac was not found: ${found.missing}. Install it with \`pip install altac\`, or set \`altac.path\`.`);
    }
    return found.command;
}

async function complain(text) {
    if (await vscode.window.showErrorMessage(text, "Open settings") !== undefined) {
        vscode.commands.executeCommand("workbench.action.openSettings", "altac.path");
    }
}

async function start() {
    const lsp = library();
    if (lsp === undefined || !vscode.workspace.getConfiguration("altac").get("server")) {
        return;
    }
    const altac = await command();
    if (altac === undefined) {
        return;
    }
    const run = { command: altac, args: ["lsp"], transport: lsp.TransportKind.stdio };
    client = new lsp.LanguageClient("altac", "altac", { run, debug: run }, {
        documentSelector: [{ scheme: "file", language: "alta" }, { scheme: "untitled", language: "alta" }],
    });
    try {
        await client.start();
    } catch (error) {
        client = undefined;
        complain(`altac: cannot start \`${altac} lsp\`: ${error.message || error}.`);
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
    const altac = await command();
    if (altac === undefined) {
        return;
    }
    const task = new vscode.Task(
        { type: "altac", verb }, vscode.TaskScope.Workspace, `${verb} ${path.basename(file)}`, "altac",
        new vscode.ProcessExecution(altac, [verb, file, "--", input], { cwd: path.dirname(file) }));
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
        vscode.workspace.onDidGrantWorkspaceTrust(async () => {
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
