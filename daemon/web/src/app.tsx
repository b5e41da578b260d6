// One screen: state of the box, search, the open place, the map, the two actions.
import { ActionBar } from "./components/action_bar";
import { Alarms } from "./components/alarms";
import { HomePage } from "./components/home_page";
import { NoticeBar } from "./components/notice_bar";
import { PlaceHead, PropertyPage } from "./components/property_page";
import { SearchBox } from "./components/search_box";
import { SyncBar } from "./components/sync_bar";
import { MapPanel } from "./map/map_panel";
import { place } from "./state/place";
import { useStore } from "./state/store";

export function App() {
  const open = useStore(place);
  return (
    <div class="app">
      <header class="top">
        <SyncBar />
        <Alarms />
      </header>
      <main class="main">
        <div class="search-row">
          <SearchBox />
        </div>
        {open.id && <PlaceHead key={open.id} place={open} />}
        <MapPanel />
        <div class="content">{open.id ? <PropertyPage key={open.id} place={open} /> : <HomePage />}</div>
      </main>
      <footer class="bottom">
        <NoticeBar />
        <ActionBar />
      </footer>
    </div>
  );
}
