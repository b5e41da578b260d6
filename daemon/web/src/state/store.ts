// A value that components can watch. Kept this small on purpose: the page has few shared values and one writer for each.
import { useEffect, useState } from "preact/hooks";

export class Store<T> {
  private readonly watchers_ = new Set<(value: T) => void>();

  constructor(private value_: T) {}

  get value(): T {
    return this.value_;
  }

  set(value: T): void {
    if (Object.is(value, this.value_)) return;
    this.value_ = value;
    for (const watcher of [...this.watchers_]) watcher(value);
  }

  watch(watcher: (value: T) => void): () => void {
    this.watchers_.add(watcher);
    return () => this.watchers_.delete(watcher);
  }
}

export function useStore<T>(store: Store<T>): T {
  const [value, setValue] = useState(() => store.value);
  useEffect(() => {
    setValue(() => store.value); // it may have changed between the first render and this effect
    return store.watch((next) => setValue(() => next));
  }, [store]);
  return value;
}

// The current time in milliseconds, renewed every `everyMs`, so that ages on the screen stay true.
export function useNow(everyMs: number): number {
  const [now, setNow] = useState(() => Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), everyMs);
    return () => clearInterval(timer);
  }, [everyMs]);
  return now;
}
