// What is typed and not saved yet: kept in this browser at every key press, so that it outlives a reload.
import { Store } from "./store";

export class Kept<T extends { id: string }> extends Store<T> {
  // False when this browser keeps nothing; what is typed then lives only as long as the page.
  stored = true;

  // `empty`: not worth keeping. What was kept by an older page may lack what `fresh` has.
  constructor(
    private readonly key: string,
    private readonly fresh: () => T,
    private readonly empty: (value: T) => boolean,
  ) {
    super(read(key, fresh));
  }

  override set(value: T): void {
    try {
      if (this.empty(value)) localStorage.removeItem(this.key);
      else localStorage.setItem(this.key, JSON.stringify(value));
      this.stored = true;
    } catch {
      this.stored = false;
    }
    super.set(value);
  }

  get isEmpty(): boolean {
    return this.empty(this.value);
  }

  // Forgets what was saved under this id; what was typed since then stays.
  drop(id: string): void {
    if (this.value.id === id) this.set(this.fresh());
  }
}

function read<T extends { id: string }>(key: string, fresh: () => T): T {
  try {
    const stored = JSON.parse(localStorage.getItem(key) ?? "null") as Partial<T> | null;
    return stored?.id ? { ...fresh(), ...stored } : fresh();
  } catch {
    return fresh();
  }
}
