// Search as you type: a combobox after the WAI-ARIA pattern. Focus stays in the text field; arrows move through the
// results, Enter opens (what is not surely meant, the second one), Escape closes, "/" comes here from anywhere.
import { useEffect, useId, useRef, useState } from "preact/hooks";
import { api, isAbort, sentence, type LatLon, type SearchReply, type SearchResult } from "../api";
import { device } from "../state/device";
import { openResult } from "../state/place";
import { sentenceCase } from "../words";
import { Icon, type IconName } from "./icons";

const DELAY_MS = 60;
const KIND_ICONS: { [kind: string]: IconName } = { property: "house", party: "person", asset: "box" };

function here(): LatLon | null {
  const position = device.value.status?.position;
  return position?.lat !== undefined && position.lon !== undefined ? { lat: position.lat, lon: position.lon } : null;
}

export function SearchBox() {
  const input = useRef<HTMLInputElement>(null);
  const listId = useId();
  const [text, setText] = useState("");
  const [reply, setReply] = useState<SearchReply | null>(null);
  const [error, setError] = useState("");
  const [active, setActive] = useState(-1);
  const [tries, setTries] = useState(0); // of the same text, after failures
  // Enter came before the answer to what is typed: what stands in the list answers something else.
  const enterWaits = useRef(false);
  const [open, setOpen] = useState(false);
  const [asks, setAsks] = useState(false); // Enter met a result that is not surely meant

  const results = reply?.results ?? [];
  const suggestions = reply?.suggestions ?? [];
  const total = results.length + suggestions.length;
  const shown = open && text.trim() !== "" && (reply !== null || error !== "");

  useEffect(() => {
    const query = text.trim();
    if (query === "") {
      setReply(null);
      setError("");
      return;
    }
    const abort = new AbortController();
    const timer = setTimeout(() => {
      api.search(query, here(), abort.signal).then(
        (found) => {
          setReply(found);
          setError("");
          const sure = found.results[0]?.sure === true;
          setActive(sure ? 0 : -1);
          setAsks(false);
          if (enterWaits.current && sure) openFirst.current(found);
          enterWaits.current = false;
        },
        (failure: unknown) => {
          if (isAbort(failure)) return;
          setReply(null);
          setError(sentence(failure));
          setActive(-1);
          setAsks(false);
          enterWaits.current = false;
        },
      );
    }, DELAY_MS);
    return () => {
      clearTimeout(timer);
      abort.abort();
    };
  }, [text, tries]);

  // Whoever goes on to something else does not wait for what the last Enter was to open, nor is asked about it.
  const forgetEnter = () => {
    enterWaits.current = false;
    if (asks) setActive(-1);
    setAsks(false);
  };

  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      const target = event.target as HTMLElement;
      if (
        event.key !== "/" ||
        /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName) ||
        document.querySelector("dialog[open]")
      )
        return;
      event.preventDefault();
      input.current?.focus();
      input.current?.select();
    };
    window.addEventListener("keydown", onKey);
    return () => window.removeEventListener("keydown", onKey);
  }, []);

  const optionId = (index: number) => `${listId}-${index}`;
  useEffect(() => {
    if (shown && active >= 0) document.getElementById(optionId(active))?.scrollIntoView({ block: "nearest" });
  }, [active, shown]);

  const show = (result: SearchResult) => {
    forgetEnter();
    setOpen(false);
    setText(result.title);
    input.current?.blur();
    openResult(result);
  };
  const openFirst = useRef((_: SearchReply) => {});
  openFirst.current = (found) => found.results[0] && show(found.results[0]);

  const choose = (index: number) => {
    const result: SearchResult | undefined = results[index];
    if (result) {
      show(result);
      return;
    }
    const suggestion = suggestions[index - results.length];
    if (suggestion !== undefined) {
      forgetEnter();
      setText(suggestion.text);
      setOpen(true);
      input.current?.focus();
    }
  };

  const onEnter = () => {
    if (error !== "") {
      setError("");
      setTries(tries + 1);
    }
    if (reply?.query !== text.trim()) enterWaits.current = true;
    // What was offered in place of what was typed is shown first, and opened by the next Enter.
    else if (active < 0 && total > 0) {
      setActive(0);
      setAsks(results.length > 0);
    } else choose(active);
  };

  const onKeyDown = (event: KeyboardEvent) => {
    if (event.isComposing) return; // its keys are the input method's
    if (event.key === "Escape") {
      forgetEnter();
      if (shown) setOpen(false);
      else setText("");
    } else if (event.key === "Enter" && open && text.trim() !== "") {
      event.preventDefault();
      if (!event.repeat) onEnter(); // a key that is held down is no second Enter
    } else if ((event.key === "ArrowDown" || event.key === "ArrowUp") && total > 0) {
      event.preventDefault();
      enterWaits.current = false;
      setAsks(false);
      setOpen(true);
      setActive(
        (active + (event.key === "ArrowDown" ? 1 : total - 1) + (active < 0 && event.key === "ArrowUp" ? 1 : 0)) %
          total,
      );
    }
  };

  const point = (index: number) => {
    setAsks(false);
    setActive(index);
  };

  const outcome = error || (total === 0 ? "Nothing found." : `${results.length} found.`);
  return (
    <div class="search" role="search">
      <Icon name="search" size={22} />
      <input
        ref={input}
        type="text"
        inputMode="search"
        enterkeyhint="search"
        role="combobox"
        aria-label="Search the city"
        aria-expanded={shown}
        aria-controls={listId}
        aria-autocomplete="list"
        {...(shown && active >= 0 ? { "aria-activedescendant": optionId(active) } : {})}
        placeholder="Address, parcel, name or tag"
        autocomplete="off"
        autocapitalize="off"
        autocorrect="off"
        spellcheck={false}
        value={text}
        onInput={(event) => {
          forgetEnter();
          setText(event.currentTarget.value);
          setOpen(true);
        }}
        onFocus={(event) => {
          event.currentTarget.select();
          setOpen(true);
        }}
        onBlur={() => {
          forgetEnter();
          setOpen(false);
        }}
        onKeyDown={onKeyDown}
      />
      {text !== "" && (
        <button
          type="button"
          class="icon-button"
          aria-label="Clear the search"
          onClick={() => {
            forgetEnter();
            setText("");
            input.current?.focus();
          }}
        >
          <Icon name="close" size={22} />
        </button>
      )}
      <div class="results" hidden={!shown} onPointerDown={(event) => event.preventDefault()}>
        {asks && <p class="ask">Is it this one? Enter again opens it.</p>}
        <ul id={listId} role="listbox" aria-label="Search results">
          {results.map((result, i) => (
            <li
              key={result.id}
              id={optionId(i)}
              role="option"
              aria-selected={i === active}
              class="result"
              onClick={() => choose(i)}
              onPointerMove={() => point(i)}
            >
              <Icon name={KIND_ICONS[result.kind] ?? "page"} size={22} />
              <span class="result-text">
                <span class="result-title">{result.title}</span>
                <span class="result-sub">{result.subtitle || sentenceCase(result.kind)}</span>
              </span>
              <span class="why">{result.why || sentenceCase(result.match)}</span>
            </li>
          ))}
          {suggestions.map((suggestion, i) => (
            <li
              key={suggestion.text}
              id={optionId(results.length + i)}
              role="option"
              aria-selected={results.length + i === active}
              class="result suggestion"
              onClick={() => choose(results.length + i)}
              onPointerMove={() => point(results.length + i)}
            >
              <Icon name="search" size={20} />
              <span class="result-text">
                <span class="result-title">{suggestion.text}</span>
                <span class="result-sub">{suggestion.why || "Did you mean this?"}</span>
              </span>
            </li>
          ))}
        </ul>
        {(error !== "" || total === 0) && (
          <p class="nothing">{error || "Nothing found. Try fewer words, or only the street's name."}</p>
        )}
      </div>
      <p class="unseen" role="status">
        {shown ? (asks ? `${results[active]?.title}? Enter again opens it.` : outcome) : ""}
      </p>
    </div>
  );
}
