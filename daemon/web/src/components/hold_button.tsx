// A button that does its work only when it is held down, by a finger, a mouse or a key: nothing that must not happen by
// accident happens at a touch.
import type { ComponentChildren } from "preact";
import { useEffect, useId, useRef, useState } from "preact/hooks";

export const HOLD_MS = 1_500;

interface Props {
  tone: "bad-solid" | "primary";
  disabled?: boolean;
  onHeld: () => void;
  children: ComponentChildren;
}

export function HoldButton({ tone, disabled = false, onHeld, children }: Props) {
  const [holding, setHolding] = useState(false);
  const [early, setEarly] = useState(false); // it was let go too soon
  const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
  const hint = useId();

  const begin = () => {
    if (disabled || timer.current !== undefined) return;
    setHolding(true);
    setEarly(false);
    timer.current = setTimeout(() => {
      timer.current = undefined;
      setHolding(false);
      onHeld();
    }, HOLD_MS);
  };
  const end = () => {
    if (timer.current === undefined) return;
    clearTimeout(timer.current);
    timer.current = undefined;
    setHolding(false);
    setEarly(true);
  };
  useEffect(() => () => clearTimeout(timer.current), []);

  const isPress = (event: KeyboardEvent) => event.key === " " || event.key === "Enter";
  return (
    <div class="hold">
      <button
        type="button"
        class={`button wide hold-button ${tone}`}
        data-holding={holding}
        style={{ "--hold": `${HOLD_MS}ms` }}
        aria-disabled={disabled} // the focus stays
        aria-describedby={hint}
        onPointerDown={(event) => event.button === 0 && begin()}
        onPointerUp={end}
        onPointerLeave={end}
        onPointerCancel={end}
        onKeyDown={(event) => {
          if (!isPress(event)) return;
          event.preventDefault();
          if (!event.repeat) begin();
        }}
        onKeyUp={(event) => isPress(event) && end()}
        onBlur={end}
        onContextMenu={(event) => event.preventDefault()}
      >
        <span>{children}</span>
      </button>
      <p class="quiet" id={hint} role="status">
        {holding
          ? "Keep holding."
          : early
            ? "Let go too soon: nothing was sent. Hold it for two seconds."
            : "Hold it for two seconds. A short touch does nothing."}
      </p>
    </div>
  );
}
