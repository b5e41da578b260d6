import { notice } from "../state/notice";
import { useStore } from "../state/store";
import { Icon } from "./icons";

const AFTER = {
  current: "",
  pending: "Waits to be sent.",
  accepted: "Accepted by the hub.",
  conflict: "In conflict at the hub.",
  quarantined: "Held back by the hub.",
} as const;

export function NoticeBar() {
  const shown = useStore(notice);
  return (
    <div class="toast" role="status">
      {shown && (
        <p class="toast-body" data-state={shown.state}>
          <Icon name="check" size={22} />
          <span>
            <strong>{shown.text}</strong> {AFTER[shown.state]}
          </span>
        </p>
      )}
    </div>
  );
}
