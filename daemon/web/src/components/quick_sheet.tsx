// What a crew must know before all else, readable at arm's length. It says whether there is a plan behind it.
import type { Fact, QuickSheet as Sheet, Warning } from "../api";
import { clockOf, device } from "../state/device";
import { useStore } from "../state/store";
import { simpleValue } from "../words";
import { Hydrants } from "./hydrants";
import { Icon } from "./icons";
import { Nfpa704 } from "./nfpa704";
import { OriginLine } from "./origin_line";

const SEVERITY = { critical: "Critical", major: "Mind", info: "Note" } as const;
const FIRST_CONTACTS = 4;

function WarningRow({ warning, now }: { warning: Warning; now: number }) {
  const since = warning.since ? `since ${simpleValue("since_on", warning.since)}` : "";
  return (
    <li class={`alarm-row ${warning.severity}`}>
      <Icon name="alert" size={26} />
      <span class="quick-text">
        <strong>{`${SEVERITY[warning.severity]}: ${warning.title}`}</strong>
        <span>{[warning.detail, since].filter(Boolean).join(", ")}</span>
        <OriginLine origin={warning.origin} now={now} />
      </span>
    </li>
  );
}

function Facts({ title, facts, now }: { title: string; facts: Fact[]; now: number }) {
  if (facts.length === 0) return null;
  return (
    <div class="quick-part">
      <h3>{title}</h3>
      <dl class="quick-facts">
        {facts.map((fact) => (
          <div key={fact.name}>
            <dt>{fact.label}</dt>
            <dd>
              <span class="quick-value">{fact.text}</span>
              <OriginLine origin={fact.origin} now={now} />
            </dd>
          </div>
        ))}
      </dl>
    </div>
  );
}

function Hazards({ sheet, now }: { sheet: Sheet; now: number }) {
  if (sheet.hazards.length === 0) return null;
  return (
    <div class="quick-part quick-hazards">
      <h3>Hazards</h3>
      {sheet.placard && <Nfpa704 rating={sheet.placard} size={112} />}
      <ul>
        {sheet.hazards.map((hazard) => (
          <li key={hazard.origin.record + hazard.title} class="quick-text">
            <strong>{hazard.title}</strong>
            {hazard.nfpa704 && (
              <span>
                {`Health ${hazard.nfpa704.health}, fire ${hazard.nfpa704.flammability}, instability ${hazard.nfpa704.instability}`}
                {hazard.nfpa704.special && `, ${hazard.nfpa704.special}`}
              </span>
            )}
            {hazard.detail && <span>{hazard.detail}</span>}
            {hazard.concluded && <span>Concluded from papers, not reported as a hazard</span>}
            <OriginLine origin={hazard.origin} now={now} />
          </li>
        ))}
      </ul>
    </div>
  );
}

function Needs({ sheet, now }: { sheet: Sheet; now: number }) {
  if (sheet.needs.length === 0) return null;
  return (
    <div class="quick-part">
      <h3>People who need help</h3>
      <ul>
        {sheet.needs.map((need, i) => (
          <li key={i} class="need">
            <strong class="need-code">{need.code}</strong>
            <span class="quick-text">
              <span class="quick-value">{need.people ? `${need.text}: ${need.people}` : need.text}</span>
              <OriginLine origin={need.origin} now={now} />
            </span>
          </li>
        ))}
      </ul>
    </div>
  );
}

function Contacts({ sheet, now }: { sheet: Sheet; now: number }) {
  if (sheet.contacts.length === 0) return null;
  return (
    <div class="quick-part">
      <h3>Contacts</h3>
      <ul>
        {sheet.contacts.slice(0, FIRST_CONTACTS).map((contact, i) => (
          <li key={i} class="quick-text">
            <span class="quick-value">{[contact.name, contact.role].filter(Boolean).join(", ")}</span>
            {contact.phones.map((phone) => (
              <a key={phone} class="phone" href={`tel:${phone}`}>
                {phone}
              </a>
            ))}
            <OriginLine origin={contact.origin} now={now} />
          </li>
        ))}
      </ul>
    </div>
  );
}

export function QuickSheet({ sheet, now }: { sheet: Sheet; now: number }) {
  const clock = clockOf(useStore(device));
  return (
    <section class="section quick" id="section-quick" aria-labelledby="quick-title">
      <h2 id="quick-title" tabIndex={-1}>
        Quick sheet
      </h2>
      <p class={`basis ${sheet.basis}`}>{sheet.basis_text}</p>
      {sheet.summary && <p class="quick-summary">{sheet.summary}</p>}
      {sheet.plan && <OriginLine origin={sheet.plan} now={now} />}
      {clock === "not set" && (
        <p class="quiet" data-clock="unknown">
          This vehicle&apos;s clock is not set: what is late or overdue cannot be told.
        </p>
      )}
      {sheet.warnings.length > 0 && (
        <ul class="quick-part" aria-label="Warnings">
          {sheet.warnings.map((warning, i) => (
            <WarningRow key={i} warning={warning} now={now} />
          ))}
        </ul>
      )}
      <Hazards sheet={sheet} now={now} />
      <Needs sheet={sheet} now={now} />
      <Facts title="Access" facts={sheet.access} now={now} />
      <Facts title="Shut-offs" facts={sheet.shutoffs} now={now} />
      <div class="quick-part" id="section-hydrants">
        <h3 id="hydrants-title" tabIndex={-1}>
          Nearest working hydrants
        </h3>
        <Hydrants hydrants={sheet.hydrants} from="the property" now={now} />
      </div>
      <Facts title="Fire protection" facts={sheet.protection} now={now} />
      <Facts title="Building" facts={sheet.building} now={now} />
      <Contacts sheet={sheet} now={now} />
      {sheet.not_known.length > 0 && <p class="quiet">{`Nobody has told this vehicle: ${sheet.not_known.join(", ")}.`}</p>}
    </section>
  );
}
