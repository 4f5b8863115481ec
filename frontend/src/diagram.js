// The diagram of a case: bpmn-js with the marks of the server's picture (web/drawing.py). The watermark stays as it is.
import NavigatedViewer from 'bpmn-js/lib/NavigatedViewer';

const SANS = getComputedStyle(document.body).fontFamily;
const READABLE = 0.85; // below this zoom, Chinese at 14 units is a strain to read
const STEP = 1.25;

const element = (tag, cls, text) => {
  const made = document.createElement(tag);
  made.className = cls;
  made.textContent = text;
  return made;
};

// Chinese needs more room than the file gives: labels one line of up to seven signs, notes a sign more
function makeRoom({ definitions }) {
  const planes = (definitions.diagrams || []).flatMap((one) => one.plane.planeElement || []);
  for (const { label, bounds, bpmnElement } of planes) {
    if (label && label.bounds && bpmnElement && bpmnElement.name) {
      const longest = Math.max(...bpmnElement.name.split('\n').map((line) => line.length));
      const width = Math.max(label.bounds.width, Math.min(longest, 7) * 13 + 8);
      label.bounds.x -= (width - label.bounds.width) / 2;
      label.bounds.width = width;
    }
    if (bounds && bpmnElement && bpmnElement.$type === 'bpmn:TextAnnotation') bounds.width += 20;
  }
}

// lines and lanes get their colour where bpmn-js looks for it, so that arrow heads have it too
function colour(viewer, state) {
  const canvas = viewer.get('canvas');
  const draw = viewer.get('graphicsFactory');
  const taken = new Set(state.taken);
  viewer.get('elementRegistry').forEach((one) => {
    const line = one.type === 'bpmn:SequenceFlow';
    if (!one.di || one.labelTarget || !(line || /Lane|Participant|MessageFlow/.test(one.type))) return;
    one.di.set('border-color', line && taken.has(one.id) ? '#1b6e40' : '#8d9bab');
    draw.update(one.waypoints ? 'connection' : 'shape', one, canvas.getGraphics(one));
  });
}

function decorate(viewer, state) {
  const canvas = viewer.get('canvas');
  const registry = viewer.get('elementRegistry');
  const overlays = viewer.get('overlays');
  const scale = { min: 0.8, max: 1.25 };
  registry.filter((one) => /Task$|Activity$|SubProcess$/.test(one.type)).forEach((one) => {
    canvas.addMarker(one.id, 'de-work');
    if (one.type === 'bpmn:UserTask') canvas.addMarker(one.id, 'de-user');
  });
  for (const [id, mark] of Object.entries(state.elements)) {
    const shape = registry.get(id);
    if (!shape) continue;
    canvas.addMarker(id, `de-${mark.state}`);
    if (shape.width < 60) continue; // events and gateways have no room for words
    if (mark.badge) {
      const badge = element('div', `de-badge de-badge--${mark.state} de-badge--right`, mark.badge);
      overlays.add(id, { position: { top: -11, right: -12 }, html: badge, scale });
    } else if (mark.state === 'done') {
      overlays.add(id, { position: { top: -10, right: 10 }, html: element('div', 'de-badge de-badge--dot', '✓'), scale: { min: 0.4, max: 1.25 } });
    }
    if (mark.who) {
      overlays.add(id, { position: { bottom: 11, left: -8 }, html: element('div', `de-badge de-badge--${mark.state}`, mark.who), scale });
    }
  }
  state.taken.filter((id) => registry.get(id)).forEach((id) => canvas.addMarker(id, 'de-taken'));
}

function navigation(viewer, root, place, state) {
  const canvas = viewer.get('canvas');
  const registry = viewer.get('elementRegistry');
  const fit = () => { canvas.resized(); canvas.zoom('fit-viewport', 'auto'); };
  const here = () => {
    const shape = registry.get(state.here);
    if (!shape) { fit(); return; }
    canvas.resized();
    canvas.zoom(1);
    const { width, height, inner } = canvas.viewbox();
    // in the middle, but no emptier than need be beyond the diagram's edge
    const place = (middle, size, from, length) => (length <= size - 32
      ? from - (size - length) / 2
      : Math.min(Math.max(middle - size / 2, from - 16), from + length + 16 - size));
    canvas.viewbox({
      x: place(shape.x + shape.width / 2, width, inner.x, inner.width),
      y: place(shape.y + shape.height / 2, height, inner.y, inner.height),
      width, height,
    });
  };
  const full = () => (document.fullscreenElement ? document.exitFullscreen() : root.requestFullscreen());
  const acts = { fit, here, full, in: () => canvas.zoom(canvas.zoom() * STEP, 'auto'), out: () => canvas.zoom(canvas.zoom() / STEP, 'auto') };
  root.querySelector('[data-bar]').addEventListener('click', (event) => {
    const button = event.target.closest('button');
    if (button) acts[button.dataset.do]();
  });
  place.addEventListener('keydown', (event) => {
    const ways = { ArrowLeft: [60, 0], ArrowRight: [-60, 0], ArrowUp: [0, 60], ArrowDown: [0, -60] };
    if (ways[event.key]) canvas.scroll({ dx: ways[event.key][0], dy: ways[event.key][1] });
    else if (event.key === '+' || event.key === '=') acts.in();
    else if (event.key === '-') acts.out();
    else if (event.key === '0') fit();
    else return;
    event.preventDefault();
  });
  document.addEventListener('fullscreenchange', () => {
    const button = root.querySelector('[data-do="full"]');
    if (button) button.setAttribute('aria-pressed', String(document.fullscreenElement === root));
    canvas.resized();
  });
  root.querySelector('[data-do="here"]').hidden = !state.here;
  fit();
  if (state.here && canvas.zoom() < READABLE) here();
}

// choosing an element tells what its row tells, and marks the row; choosing a row marks the element
function choosing(viewer, root, state) {
  const canvas = viewer.get('canvas');
  const registry = viewer.get('elementRegistry');
  const told = root.querySelector('[data-picked]');
  const rows = new Map([...document.querySelectorAll('[data-step]')].map((row) => [row.dataset.step, row]));
  let last = null;
  const choose = (id) => {
    if (last) { canvas.removeMarker(last, 'de-picked'); if (rows.get(last)) rows.get(last).classList.remove('is-marked'); }
    last = registry.get(id) ? id : null;
    told.textContent = '';
    if (!last) return;
    canvas.addMarker(id, 'de-picked');
    const row = rows.get(id);
    if (!row) return;
    row.classList.add('is-marked');
    row.querySelectorAll('th, td').forEach((cell) => {
      const label = cell.dataset.label ? `${cell.dataset.label}：` : '';
      told.append(element('span', label ? '' : 'strong', label + cell.textContent.trim()));
    });
  };
  viewer.get('eventBus').on('element.click', (event) => choose(event.element.id.replace(/_label$/, '')));
  viewer.get('eventBus').on('element.dblclick', (event) => {
    if (state.links[event.element.id]) window.location.assign(state.links[event.element.id]);
  });
  rows.forEach((row, id) => row.addEventListener('click', () => choose(id)));
}

async function mount(root) {
  const state = JSON.parse(root.querySelector('script').textContent);
  const place = root.querySelector('[data-canvas]');
  place.hidden = false;
  const viewer = new NavigatedViewer({
    container: place,
    textRenderer: {
      defaultStyle: { fontFamily: SANS, fontSize: 14, lineHeight: 1.3 },
      externalStyle: { fontFamily: SANS, fontSize: 13, lineHeight: 1.3 },
    },
    bpmnRenderer: { defaultFillColor: '#ffffff', defaultStrokeColor: '#5b6b7d', defaultLabelColor: '#1a2632' },
  });
  viewer.get('eventBus').on('import.parse.complete', makeRoom);
  try {
    await viewer.importXML(state.xml);
  } catch {
    place.hidden = true; // the server's picture stays
    return;
  }
  root.classList.add('is-alive'); // hides the server's picture, but not on paper
  root.querySelector('[data-bar]').hidden = false;
  colour(viewer, state);
  decorate(viewer, state);
  navigation(viewer, root, place, state);
  choosing(viewer, root, state);
  root.dataset.ready = '1';
}

document.querySelectorAll('[data-drawing]').forEach(mount);
