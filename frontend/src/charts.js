// The statistics page: <div data-chart="id of the JSON">. Only what is used comes along.
import { BarChart, LineChart, PieChart } from 'echarts/charts';
import { AriaComponent, GridComponent, LegendComponent, MarkLineComponent, TooltipComponent } from 'echarts/components';
import { init, use } from 'echarts/core';
import { SVGRenderer } from 'echarts/renderers';

use([BarChart, LineChart, PieChart, AriaComponent, GridComponent, LegendComponent, MarkLineComponent, TooltipComponent, SVGRenderer]);

const style = getComputedStyle(document.body);
const large = parseFloat(getComputedStyle(document.documentElement).fontSize) / 16;
const PAPER = 600; // CSS pixels that fit between the margins of A4
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
  window.addEventListener('resize', () => chart.resize());
  window.addEventListener('beforeprint', () => chart.resize({ width: PAPER })); // a drawing does not narrow by itself
  window.addEventListener('afterprint', () => chart.resize({ width: 'auto' }));
  place.dataset.ready = '1';
});
