// Runs the extension with a stand-in for Visual Studio Code and reports what it did, as JSON.
// node vscode_driver.js EXTENSION LIBRARY [COMMAND ...]   (LIBRARY: "stub", "missing", "real", "wire" or "locate")
"use strict";

const Module = require("module");
const [extension, library, ...command] = process.argv.slice(2);
const log = { started: [], stopped: 0, commands: {}, tasks: [], messages: [] };
const settings = { path: process.execPath, server: true };
let changed;

const document = {
    languageId: "alta", isUntitled: false, isDirty: true,
    uri: { fsPath: "/tmp/my programs/parity.alta" },
    getText: () => 'program p\n// test "no"\ntest [START, "+", 1, true] => [1]\n',
    save: async () => { document.isDirty = false; return true; },
};

const vscode = {
    extensions: { getExtension: () => undefined },
    workspace: {
        isTrusted: true,
        onDidGrantWorkspaceTrust: () => ({ dispose() {} }),
        getConfiguration: () => ({ get: (name) => settings[name] }),
        onDidChangeConfiguration: (listener) => { changed = listener; return { dispose() {} }; },
    },
    window: {
        activeTextEditor: { document },
        showErrorMessage: async (text) => { log.messages.push(text); },
        showInformationMessage: (text) => { log.messages.push(text); },
        showInputBox: async (options) => { log.proposed = options.value; return "1 + \"2; rm -rf /\""; },
    },
    commands: {
        registerCommand: (name, run) => { log.commands[name] = run; return { dispose() {} }; },
        executeCommand: () => undefined,
    },
    tasks: { executeTask: async (task) => { log.tasks.push(task); } },
    Task: class { constructor(definition, scope, name, source, execution) { Object.assign(this, { definition, name, source, execution }); } },
    ProcessExecution: class { constructor(process, args, options) { Object.assign(this, { process, args, options }); } },
    TaskScope: { Workspace: 2 },
    TaskRevealKind: { Always: 1 },
};

class LanguageClient {
    constructor(id, name, server, client) { this.options = { server, client }; }
    async start() {
        if (settings.broken) { throw new Error("spawn EACCES"); }
        log.started.push(this.options);
    }
    async stop() { log.stopped += 1; }
}

// For the real library: anything that is asked of Visual Studio Code is there and does nothing.
const anything = () => new Proxy(class {}, { get: (target, name) => name in target ? target[name] : anything() });

const load = Module._load;
Module._load = function (request, ...rest) {
    if (request === "vscode") {
        return library === "real" ? new Proxy({ version: "1.90.0" }, { get: (t, n) => n in t ? t[n] : anything() }) : vscode;
    }
    if (request === "vscode-languageclient/node" && library === "stub") {
        return { LanguageClient, TransportKind: { stdio: 0 } };
    }
    if (request === "vscode-languageclient/node" && library === "missing") {
        throw Object.assign(new Error("none"), { code: "MODULE_NOT_FOUND" });
    }
    return load.call(this, request, ...rest);
};

/** Speaks to the server as the packed library does: over pipes, with its own messages. */
async function wire() {
    const lsp = Module.createRequire(extension)("vscode-languageserver-protocol/node");
    const server = require("child_process").spawn(command[0], command.slice(1), { stdio: ["pipe", "pipe", "ignore"] });
    const connection = lsp.createProtocolConnection(
        new lsp.StreamMessageReader(server.stdout), new lsp.StreamMessageWriter(server.stdin));
    const published = new Promise((resolve) => {
        connection.onNotification(lsp.PublishDiagnosticsNotification.type, resolve);
    });
    connection.listen();
    const started = await connection.sendRequest(lsp.InitializeRequest.type,
        { processId: process.pid, rootUri: null, capabilities: {}, workspaceFolders: null });
    await connection.sendNotification(lsp.InitializedNotification.type, {});
    const text = "program p\nvar x: bool = tru\n";
    await connection.sendNotification(lsp.DidOpenTextDocumentNotification.type,
        { textDocument: { uri: "untitled:a.alta", languageId: "alta", version: 1, text } });
    const diagnostics = (await published).diagnostics.map((d) => d.code);
    await connection.sendRequest(lsp.ShutdownRequest.type);
    const left = new Promise((resolve) => server.on("exit", resolve));
    await connection.sendNotification(lsp.ExitNotification.type);
    return { capabilities: started.capabilities, diagnostics, code: await left };
}

async function main() {
    if (library === "locate") {
        const [setting, surroundings] = command;
        return require(extension).locate(setting, JSON.parse(surroundings));
    }
    if (library === "wire") {
        return wire();
    }
    if (library === "real") {
        const found = Module.createRequire(extension)("vscode-languageclient/node");
        return { client: typeof found.LanguageClient, stdio: found.TransportKind.stdio };
    }
    const { activate, deactivate } = require(extension);
    const state = new Map();
    const context = {
        subscriptions: [],
        workspaceState: { get: (key) => state.get(key), update: async (key, value) => { state.set(key, value); } },
    };
    await activate(context);
    log.registered = Object.keys(log.commands);
    await log.commands["altac.run"]();
    log.first = log.proposed;
    await log.commands["altac.trace"]();
    log.second = log.proposed;
    log.saved = !document.isDirty;
    vscode.window.activeTextEditor = undefined;
    await log.commands["altac.run"]();
    settings.broken = true;
    await changed({ affectsConfiguration: (name) => name === "altac" });
    settings.path = "${workspaceFolder}/altac";
    await changed({ affectsConfiguration: (name) => name === "altac" });
    log.node = process.execPath;
    await deactivate();
    return log;
}

main().then((found) => console.log(JSON.stringify(found)), (error) => { console.error(error); process.exit(1); });
