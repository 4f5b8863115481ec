// The statistics page: <div data-chart="id of the JSON">. Only what is used comes along.
import { BarChart, LineChart, PieChart } from 'echarts/charts';
import { AriaComponent, GridComponent, LegendComponent, MarkLineComponent, TooltipComponent } from 'echarts/components';
import { init, use } from 'echarts/core';
import { SVGRenderer } from 'echarts/renderers';

use([BarChart, LineChart, PieChart, AriaComponent, GridComponent, LegendComponent, MarkLineComponent, TooltipComponent, SVGRenderer]);

const style = getComputedStyle(document.body);
const large = parseFloat(getComputedStyle(document.documentElement).fontSize) / 16;
const COLOURS = ['#184b87', '#1f8a4c', '#c77700', '#3f7cbd', '#7d5aa6', '#8796a7'];

document.querySelectorAll('[data-chart]').forEach((place) => {
  const option = JSON.parse(document.getElementById(place.dataset.chart).textContent);
  const chart = init(place, null, { renderer: 'svg' });
  chart.setOption({
    color: COLOURS,
    animation: false,
    aria: { enabled: true, label: { description: place.getAttribute('aria-label') }, decal: { show: document.documentElement.dataset.contrast === 'high' } },
    textStyle: { fontFamily: style.fontFamily, fontSize: 13 * large, color: style.color },
    ...option,
    legend: option.legend && { top: 0, ...option.legend },
    tooltip: { ...option.tooltip, renderMode: 'richText' }, // HTML tooltips write style attributes, which the policy forbids
  });
  const framed = () => { // so that the drawing narrows with its frame: paper is no window that is resized
    const svg = place.querySelector('svg');
    svg.setAttribute('viewBox', `0 0 ${chart.getWidth()} ${chart.getHeight()}`);
  };
  window.addEventListener('resize', () => { chart.resize(); framed(); });
  framed();
  place.dataset.ready = '1';
});
