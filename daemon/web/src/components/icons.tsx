// Line icons on a 24-unit grid, drawn in the colour of the text beside them. They repeat what the text says, so they are
// hidden from assistive technology.
const PATHS = {
  search: "M11 4a7 7 0 1 0 0 14 7 7 0 0 0 0-14zm5 12 5 5",
  close: "M6 6l12 12M18 6L6 18",
  back: "M15 5l-7 7 7 7",
  down: "M5 9l7 7 7-7",
  check: "M5 12.5l4.5 4.5L19 7",
  clock: "M12 3.5a8.5 8.5 0 1 0 0 17 8.5 8.5 0 0 0 0-17zm0 4v5l3.2 2",
  alert: "M12 4L2.8 20h18.4L12 4zm0 6v4.6m0 2.4v.2",
  lock: "M6 11h12v9H6zm2.5 0V8a3.5 3.5 0 0 1 7 0v3",
  link: "M3 8.5a14 14 0 0 1 18 0M6.3 12.3a9 9 0 0 1 11.4 0M9.5 16a4.2 4.2 0 0 1 5 0M12 19.4v.2",
  offline:
    "M3 3l18 18M3 8.5a14 14 0 0 1 5-2.7m4.5-.7A14 14 0 0 1 21 8.5M6.3 12.3A9 9 0 0 1 10 10.5m5.2.3a9 9 0 0 1 2.5 1.5M9.5 16a4.2 4.2 0 0 1 5 0M12 19.4v.2",
  outbox: "M12 14V4m-4 4l4-4 4 4M4 13v6h16v-6",
  power: "M12 3v8M6.6 6.8a8 8 0 1 0 10.8 0",
  target:
    "M12 5a7 7 0 1 0 0 14 7 7 0 0 0 0-14zm0 5.2a1.8 1.8 0 1 0 0 3.6 1.8 1.8 0 0 0 0-3.6zM12 2v3m0 14v3M2 12h3m14 0h3",
  arrow: "M12 20V4m-6 6l6-6 6 6",
  expand: "M4 10V4h6m10 6V4h-6M4 14v6h6m10-6v6h-6",
  shrink: "M10 4v6H4m10-6v6h6M10 20v-6H4m10 6v-6h6",
  pen: "M4 20l1-4.5L16.5 4l3.5 3.5L8.5 19 4 20zM14 6.500l3.5 3.5",
  flag: "M6 21V4h12l-3 4.5 3 4.500H6",
  pin: "M12 21s7-6.3 7-11.500a7 7 0 1 0-14 0C5 14.7 12 21 12 21zm0-14a2.5 2.5 0 1 0 0 5 2.5 2.5 0 0 0 0-5z",
  house: "M4 11l8-7 8 7v9h-5v-6H9v6H4z",
  box: "M4 8l8-4 8 4v8l-8 4-8-4zm0 0l8 4 8-4m-8 4v8",
  person: "M12 4a4 4 0 1 0 0 8 4 4 0 0 0 0-8zM4 20.500a8 8 0 0 1 16 0",
  page: "M6 3h8l4 4v14H6zm8 0v4h4M9 12h6m-6 4h6",
  retry: "M20 11a8 8 0 1 0-2.3 6.300M20 5v6h-6",
  camera: "M4 8h3.500L9 5.500h6L16.500 8H20v11H4zm8 2a3.500 3.500 0 1 0 0 7 3.500 3.500 0 0 0 0-7z",
  voice:
    "M12 3.500a2.500 2.500 0 0 0-2.500 2.500v5a2.500 2.500 0 0 0 5 0V6A2.500 2.500 0 0 0 12 3.500zM6 11a6 6 0 0 0 12 0m-6 6v3.500",
  clip: "M20 11l-8.500 8.500a5 5 0 0 1-7-7L13 4a3.300 3.300 0 0 1 4.700 4.700l-8.400 8.400a1.600 1.600 0 0 1-2.300-2.300L14.500 7.300",
} as const;

export type IconName = keyof typeof PATHS;

export function Icon({ name, size = 20, turn }: { name: IconName; size?: number; turn?: number }) {
  return (
    <svg class="icon" width={size} height={size} viewBox="0 0 24 24" aria-hidden="true" focusable="false">
      <path d={PATHS[name]} {...(turn === undefined ? {} : { transform: `rotate(${turn} 12 12)` })} />
    </svg>
  );
}

// A hydrant as seen from the front; struck through when it gives no water.
export function HydrantIcon({ works, size = 22 }: { works: boolean; size?: number }) {
  return (
    <svg class="icon hydrant" width={size} height={size} viewBox="0 0 24 24" aria-hidden="true" focusable="false">
      <path class="solid" d="M9 6a3 3 0 0 1 6 0v1h1.500v2H15v2h2.500v4H15v4h2v2H7v-2h2v-4H6.500v-4H9V9H7.500V7H9z" />
      {!works && <path class="strike" d="M4 4l16 16" />}
    </svg>
  );
}
