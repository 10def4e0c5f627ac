// The door: join with an invitation, or sign in again. Accounts have the names of desks, never of people.

import { h } from "../dom";
import type { Words } from "../words";
import { post } from "./api";
import { Form, type Spec } from "./forms";
import type { Me } from "./types";

const INVITATION = "#undangan=";

/** The token of the link that was followed; it does not stay in the address. */
export function invitation(): string {
  if (!location.hash.startsWith(INVITATION)) return "";
  return decodeURIComponent(location.hash.slice(INVITATION.length));
}

export function showDoor(root: HTMLElement, words: Words, tools: HTMLElement, token: string, enter: (me: Me) => void): void {
  const t = (key: string, fields: Record<string, string | number> = {}) => words.t(`room.${key}`, fields);
  const spec: Spec = {
    do: token ? "join" : "login",
    submit: token ? "join" : "login",
    fields: [
      { name: "account", kind: "text", label: "f_account", ...(token ? { hint: "h_account" } : {}) },
      { name: "password", kind: "text", label: "f_password", ...(token ? { hint: "h_password" } : {}) },
    ],
    build: (v) => ({ do: "door", account: v["account"], password: v["password"] }),
  };
  const send = async (made: Record<string, unknown>): Promise<"sent"> => {
    const { account, password } = made;
    const me = token ? await post<Me>("/api/join", { token, account, password }) : await post<Me>("/api/login", { account, password });
    history.replaceState(null, "", location.pathname);
    enter(me);
    return "sent";
  };
  const form = new Form(spec, { t, send });
  const [account, password] = [...form.element.querySelectorAll("input")];
  account!.autocomplete = "username";
  account!.autocapitalize = "none";
  account!.spellcheck = false;
  password!.type = "password";
  password!.autocomplete = token ? "new-password" : "current-password";
  const title = t(token ? "join_title" : "login_title");
  document.title = `${title} · SISPAMKOTA`;
  root.replaceChildren(h("main", { class: "rm-door" }, tools, h("h1", {}, title), h("p", {}, t(token ? "join_lead" : "login_lead")), form.element));
  account!.focus();
}
