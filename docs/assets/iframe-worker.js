// Browsers start no worker for a page that is opened from disk, and the search of the site is one. There it runs in a hidden
// frame instead. The theme's search looks for the name IFrameWorker to tell that loading further scripts takes a moment.
"use strict";

if (location.protocol === "file:") {
    const load = (frame, url) =>
        new Promise((resolve, reject) => {
            const script = frame.contentDocument.createElement("script");
            script.onload = resolve;
            script.onerror = () => reject(new Error(`${url} cannot be loaded`));
            script.src = url;
            frame.contentDocument.body.append(script);
        });

    window.IFrameWorker = class extends EventTarget {
        onmessage = null;
        onerror = null;

        constructor(url) {
            super();
            this.frame = document.createElement("iframe");
            this.frame.hidden = true;
            document.body.append(this.frame);
            const inside = this.frame.contentWindow;
            inside.importScripts = async (...urls) => {
                for (const each of urls) await load(this.frame, each);
            };
            inside.postMessage = (data) => this.deliver(new MessageEvent("message", { data: structuredClone(data) }));
            this.ready = load(this.frame, url);
            this.ready.catch((error) => this.deliver(new ErrorEvent("error", { message: error.message, error })));
        }

        /** Tell the page what comes from the worker, later, as workers do. */
        deliver(event) {
            setTimeout(() => {
                this.dispatchEvent(event);
                this[`on${event.type}`]?.(event);
            });
        }

        async postMessage(data) {
            await this.ready;
            this.frame.contentWindow.dispatchEvent(new MessageEvent("message", { data: structuredClone(data) }));
        }

        terminate() {
            this.frame.remove();
        }
    };
    window.Worker = window.IFrameWorker;
}
