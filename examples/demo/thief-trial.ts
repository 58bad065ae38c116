import type { RequestContext } from "@hattip/compose";
import { button } from "./button.js";
import { endOf, obstacleOf, UNBOUND } from "./device-part.js";
import { html, type Html } from "./html.js";
import type { Site } from "./site.js";
import type { Look, ThiefView } from "./thief.js";
import { countdown, plural, toTime } from "./time-left.js";

/** What a copy of the cookies is worth on another machine, now and later. */
export function thiefTrial({ locals: { site, thief }, session }: RequestContext): Html {
  return html`<div id="thief">
    <dt>${button(`${site.path}/steal`, "Be the thief")}</dt>
    <dd>
      This copies the cookies of your browser, and uses them on another machine.
      ${!thief && session.isFresh && "You need a session first: press Count."}
      ${thief !== undefined && lesson(site, thief, session.isFresh)}
    </dd>
  </div>`;
}

function lesson(site: Site, thief: ThiefView, isOver: boolean): Html {
  const { path } = site;
  return html`<div class="lesson">
    <p>
      A thief has had your cookies since ${toTime(thief.loot.since)}. The thief sees
      <strong>${seen(thief.look)}</strong>
    </p>
    <p>${explanation(site, thief, isOver)}</p>
    <div class="row">
      ${button(`${path}/look`, "Look again as the thief")}
      ${button(`${path}/send-away`, "Send the thief away")}
    </div>
  </div>`;
}

function seen({ greeting: { name, count } }: Look): string {
  return `“${name === undefined ? "Log in" : `Hello, ${name}`}”, ${plural(count, "click")}.`;
}

/** @param isOver - Whether the owner has no session any more. */
function explanation(site: Site, thief: ThiefView, isOver: boolean): Html {
  const { loot, look, lookWithoutProof } = thief;
  const { refused } = look;
  if (refused === "unproven") {
    return html`<strong>The thief is shut out: ${refused}.</strong> The copied proof is over, and
      only the key of your device gets a new one. You go on.`;
  }
  if (refused !== null) {
    return html`<strong>The copy is worth nothing: ${refused}.</strong> No session has this cookie,
      or none any more.`;
  }
  if (!lookWithoutProof) {
    const worth = isOver
      ? "The copy outlives your session."
      : "The copy is as good as your cookie.";
    return html`<strong>${worth}</strong> No key of your device protects it.
      ${obstacleOf(site) ?? UNBOUND}`;
  }
  if (lookWithoutProof.refused === null) return IN_GRACE;
  return html`<strong>That will end:</strong> the copied proof counts for
    ${countdown(endOf(loot.proof), "no time: look again as the thief")}. Without it, the thief sees
    <strong>${seen(lookWithoutProof)}</strong> A new proof needs the key, which never leaves your
    device.`;
}

const IN_GRACE = html`Your session has just been bound to your device. From the tenth second on, it
needs a proof. The thief has copied one, too: look again to see how long it counts.`;
