// Talking to the server: JSON both ways, the session's CSRF token on everything that writes, failures by kind.

const PATIENCE_MS = 20000;

/** What went wrong: "offline" (try again), "expired" (log in again), "refused" (the server said why). */
export class Failure extends Error {
  constructor(kind, answer = {}) {
    super(answer.message ?? kind);
    this.kind = kind;
    this.code = answer.code ?? kind;
    this.fix = answer.fix ?? "";
  }
}

let token = "";

export function useToken(given) {
  token = given;
}

export async function get(path) {
  return ask(path, { headers: { Accept: "application/json" } });
}

export async function post(path, body = {}, options = {}) {
  const headers = { Accept: "application/json", "Content-Type": "application/json", "X-CSRF-Token": token };
  return ask(path, { method: "POST", headers, body: JSON.stringify(body), ...options });
}

async function ask(path, options) {
  let response;
  try {
    response = await fetch(path, { credentials: "same-origin", signal: AbortSignal.timeout(PATIENCE_MS), ...options });
  } catch {
    throw new Failure("offline");
  }
  if (response.ok) return response.status === 204 ? null : response.json();
  const answer = await response.json().catch(() => ({}));
  if (response.status === 401 || answer.code === "csrf") throw new Failure("expired", answer);
  if (response.status === 429 || response.status >= 500) throw new Failure("offline", answer); // passing trouble of the server
  throw new Failure("refused", answer);
}
