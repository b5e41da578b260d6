// The 360° view of one property: the quick sheet first, then what is open, then every record by kind.
import { useEffect, useRef } from "preact/hooks";
import type { PropertyView, Section as SectionOf } from "../api";
import { crew } from "../state/crew";
import { closeProperty, load, type Place } from "../state/place";
import { useNow, useStore } from "../state/store";
import { CrewList } from "./crew_list";
import { CaseFile, OpenItems, WhoToCall } from "./case_file";
import { Icon } from "./icons";
import { QuickSheet } from "./quick_sheet";
import { countText, Section, sectionId } from "./section";

// The crew's own work has a list of its own, with states that change by the second; it is not shown twice.
function withoutOwn(section: SectionOf, own: Set<string>): SectionOf {
  const records = section.records.filter(
    (record) =>
      !record.fields.some((field) => /^(observation|visit)_id$/.test(field.name) && own.has(String(field.value))),
  );
  return {
    ...section,
    records: section.kind === "observation" || section.kind === "visit" ? records : section.records,
  };
}

function jump(id: string): void {
  const section = document.getElementById(id);
  const calm = window.matchMedia("(prefers-reduced-motion: reduce)").matches;
  section?.scrollIntoView({ behavior: calm ? "auto" : "smooth", block: "start" });
  section?.querySelector<HTMLElement>("h2, h3")?.focus({ preventScroll: true });
}

function Jump({ id, title, number }: { id: string; title: string; number?: number }) {
  return (
    <button type="button" class="jump" onClick={() => jump(id)}>
      {title} {number !== undefined && <span class="number">{number}</span>}
    </button>
  );
}

function Sections({ view, own }: { view: PropertyView; own: Set<string> }) {
  const now = useNow(60_000);
  const sections = view.sections
    .map((section) => withoutOwn(section, own))
    .filter((section) => section.records.length > 0);
  const first = sections.filter((section) => ["property", "hazard", "preplan"].includes(section.kind));
  const rest = sections.filter((section) => !first.includes(section));
  const others = sections.filter((section) => section.kind !== "property");
  return (
    <>
      <nav class="jumps" aria-label="Sections">
        {own.size > 0 && (
          <button type="button" class="jump" onClick={() => jump("section-crew")}>
            Recorded here <span class="number">{own.size}</span>
          </button>
        )}
        <Jump id="section-hydrants" title="Hydrants" />
        {view.case_file.open_items.length > 0 && (
          <Jump id="section-open" title="Open items" number={view.case_file.open_items.length} />
        )}
        {view.responsible.length > 0 && <Jump id="section-responsible" title="Who to call" />}
        {[...others.filter((s) => first.includes(s)), ...rest].map((entry) => (
          <button
            key={entry.kind}
            type="button"
            class={`jump kind-${entry.kind}`}
            onClick={() => jump(sectionId(entry.kind))}
          >
            {entry.title} <span class="number">{countText(entry, view.truncated)}</span>
          </button>
        ))}
      </nav>
      {view.truncated && (
        <div class="section">
          <p class="notice" role="status">
            Not everything is shown: this place has more records than fit here. Hazards, pre-plans and incidents are
            complete; of all else you see the newest.
          </p>
        </div>
      )}
      <QuickSheet sheet={view.quick_sheet} now={now} />
      <OpenItems file={view.case_file} now={now} />
      {first.map((section) => (
        <Section key={section.kind} section={section} now={now} cut={view.truncated} />
      ))}
      <CrewList property={view.id} now={now} />
      <WhoToCall agencies={view.responsible} now={now} />
      <CaseFile file={view.case_file} now={now} />
      {rest.map((section) => (
        <Section key={section.kind} section={section} now={now} cut={view.truncated} />
      ))}
    </>
  );
}

// Name and address, apart from the sections since the map stands between them on a narrow screen.
export function PlaceHead({ place }: { place: Place }) {
  const { view, error } = place;
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    if (view) heading.current?.focus({ preventScroll: true });
  }, [view?.id]);
  const title = view ? view.title || view.address : error ? "This place could not be opened" : "Opening";
  return (
    <div class="place-head">
      <button type="button" class="icon-button" aria-label="Close this property" onClick={closeProperty}>
        <Icon name="back" size={26} />
      </button>
      <div>
        <h1 ref={heading} tabIndex={-1}>
          {title}
        </h1>
        {view && view.address !== "" && view.address !== view.title && <p class="address">{view.address}</p>}
      </div>
    </div>
  );
}

export function PropertyPage({ place }: { place: Place }) {
  const { view, error, id } = place;
  const { visits, observations } = useStore(crew);
  const own = new Set([...visits, ...observations].map((item) => item.id));
  return (
    <article class="property" aria-busy={!view && !error} aria-label="Property">
      {error && (
        <div class="section">
          <div class="notice">
            <p>{view ? `${error} What is shown here was read before.` : error}</p>
            <button type="button" class="button" onClick={() => id && void load(id)}>
              Try again
            </button>
          </div>
        </div>
      )}
      {view && <Sections view={view} own={own} />}
    </article>
  );
}
