// A row of large touch targets of which one is chosen: radio buttons, drawn as keys.
import { useId } from "preact/hooks";

export interface Option {
  value: string;
  label: string;
}

interface Props {
  legend: string;
  options: readonly Option[];
  value: string;
  onChange: (value: string) => void;
  tones?: boolean; // colour the chosen key by its value
}

export function Choice({ legend, options, value, onChange, tones = false }: Props) {
  const name = useId();
  return (
    <fieldset class="choice">
      <legend>{legend}</legend>
      <div class="keys">
        {options.map((option) => (
          <label key={option.value} class={`key ${tones ? `tone-${option.value}` : ""}`}>
            <input
              type="radio"
              name={name}
              value={option.value}
              checked={option.value === value}
              onChange={() => onChange(option.value)}
            />
            <span>{option.label}</span>
          </label>
        ))}
      </div>
    </fieldset>
  );
}
