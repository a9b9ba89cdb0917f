// Where Chromium is, and what becomes of its tests where it is not.
import { existsSync } from "node:fs";
import * as node from "node:test";

export const executable = process.env.CHROMIUM || ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"].find((path) => existsSync(path));

// suite is node:test's, of which without a browser every test is skipped and says why.
export function suite(executable) {
  if (executable) return node;
  const skip = "no Chromium is installed (Ubuntu has it as a snap alone); let CHROMIUM name one";
  return { before() {}, after() {}, test: (name) => node.test(name, { skip }) };
}

export const { before, after, test } = suite(executable);
