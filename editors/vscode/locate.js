// Finds the altac command: what the settings say, or that of a virtual environment, or that of the path.
"use strict";

const fs = require("fs");
const path = require("path");

const ENDINGS = process.platform === "win32" ? [".exe", ".cmd", ".bat", ""] : [""];
const SCRIPTS = process.platform === "win32" ? "Scripts" : "bin";
const ENVIRONMENTS = [".venv", "venv"];

function isFile(file) {
    try {
        return fs.statSync(file).isFile();
    } catch {
        return false;
    }
}

/** The first command of that name in one of the folders. */
function among(folders, name) {
    return folders.flatMap((folder) => ENDINGS.map((ending) => path.join(folder, name + ending))).find(isFile);
}

/** A setting with its variables and a leading `~` replaced; undefined if one of them has no value here. */
function expand(setting, { folders, home, env }) {
    const first = folders.length > 0 ? folders[0].path : undefined;
    let known = true;
    const value = (found) => {
        known = known && found !== undefined;
        return found;
    };
    const text = setting.replace(/\$\{(\w+)(?::([^}]*))?\}/g, (whole, name, argument) => {
        switch (name) {
        case "workspaceFolder":
        case "workspaceRoot": {
            const named = folders.find((folder) => folder.name === argument);
            return value(argument === undefined ? first : named && named.path);
        }
        case "userHome":
            return home;
        case "env":
            return value(env[argument]);
        case "pathSeparator":
            return path.sep;
        default:
            return value(undefined);
        }
    }).replace(/^~(?=$|[\\/])/, () => home);
    if (!known) {
        return undefined;
    }
    return text.includes("/") || text.includes(path.sep) ? path.resolve(first || home, text) : text;
}

/**
 * The command to run, `{ command }`, or why there is none, `{ missing }`.
 *
 * `setting` is `altac.path`, `folders` are those of the workspace with `name` and `path`, `interpreter` is the Python that the
 * workspace uses, if it is known. Nothing is run out of the folders of a workspace that is not `trusted`.
 */
function locate(setting, surroundings) {
    const { folders, env, trusted, interpreter } = surroundings;
    const onPath = (env.PATH || env.Path || "").split(path.delimiter).filter((folder) => path.isAbsolute(folder));
    if (setting) {
        const command = expand(setting, surroundings);
        if (command === undefined) {
            return { missing: `\`altac.path\` is \`${setting}\`, which has no value here` };
        }
        const found = path.isAbsolute(command) ? isFile(command) : among(onPath, command) !== undefined;
        return found ? { command } : { missing: `\`altac.path\` is \`${setting}\`; there is no \`${command}\`` };
    }
    const own = trusted ? folders.flatMap(({ path: folder }) => ENVIRONMENTS.map((name) => path.join(folder, name, SCRIPTS))) : [];
    const active = trusted && interpreter ? [path.dirname(interpreter)] : [];
    const environment = env.VIRTUAL_ENV ? [path.join(env.VIRTUAL_ENV, SCRIPTS)] : [];
    const command = among([...active, ...own, ...environment, ...onPath], "altac");
    return command === undefined ? { missing: "there is no `altac` in a virtual environment of the folder or on the path" } : { command };
}

module.exports = { locate };
