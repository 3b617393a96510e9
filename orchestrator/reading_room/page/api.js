/** The orchestrator's HTTP surface, and its refusals as errors that a person can read. */

import { beginSession } from "./credentials.js";

/** A refusal (RFC 9457): what was wrong, and what would be accepted. */
export class Refusal extends Error {
  /** @param {number} status @param {{detail?: string, expected?: string}} problem @param {any} [body] */
  constructor(status, problem, body) {
    super(problem.detail ?? `the server answered ${status}`);
    this.status = status;
    this.expected = problem.expected;
    this.body = body ?? problem;
  }
}

/**
 * Return what an address says as JSON.
 *
 * @param {string} path
 * @param {{method?: string, body?: unknown, headers?: Record<string, string>, signal?: AbortSignal, keepalive?: boolean}} [how]
 */
export async function ask(path, how = {}) {
  return (await asked(path, how)).body;
}

/** The same, with the entity tag of the answer for a later `If-Match`. */
export async function asked(path, { method = "GET", body, headers = {}, signal, keepalive } = {}) {
  const sent = body instanceof FormData ? body : body === undefined ? undefined : JSON.stringify(body);
  const kind = body === undefined || body instanceof FormData ? {} : { "Content-Type": "application/json" };
  const answer = await reach(path, { method, body: sent, headers: { ...kind, ...headers }, signal, keepalive });
  const text = await answer.text();
  return { body: text ? JSON.parse(text) : null, etag: answer.headers.get("ETag") ?? "" };
}

/** Return the bytes that an address answers with. */
export async function bytes(path, /** @type {AbortSignal | undefined} */ signal) {
  return (await reach(path, { signal })).arrayBuffer();
}

/** Return an answer, or throw the {@link Refusal} that it is. Somebody who is not known is asked for a key once. */
export async function reach(path, /** @type {RequestInit} */ how = {}) {
  let answer = await fetched(path, how);
  if (answer.status === 401 && (await beginSession())) answer = await fetched(path, how);
  if (!answer.ok) throw await refusal(answer);
  return answer;
}

async function fetched(path, how) {
  try {
    return await fetch(path, { credentials: "same-origin", cache: "no-store", ...how });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Refusal(0, { detail: "The server does not answer. What you wrote is kept here and sent when it does." });
  }
}

async function refusal(/** @type {Response} */ answer) {
  try {
    const body = await answer.json();
    return new Refusal(answer.status, body, body);
  } catch {
    return new Refusal(answer.status, {});
  }
}
