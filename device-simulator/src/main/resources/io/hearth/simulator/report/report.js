for (const chart of document.querySelectorAll('.chart')) {
  const values = chart.querySelectorAll('.key b');
  const xs = JSON.parse(chart.dataset.x);
  const series = JSON.parse(chart.dataset.series);
  const end = Number(chart.dataset.end);
  for (const svg of chart.querySelectorAll('svg')) {
    const cursor = svg.querySelector('.cursor');
    const left = Number(svg.dataset.left), right = Number(svg.dataset.right);
    svg.addEventListener('pointermove', event => {
      const box = svg.getBoundingClientRect();
      const at = ((event.clientX - box.left) / box.width * svg.viewBox.baseVal.width - left) / (right - left) * end;
      let nearest = 0;
      xs.forEach((x, i) => { if (Math.abs(x - at) < Math.abs(xs[nearest] - at)) nearest = i; });
      const x = left + Math.min(1, xs[nearest] / end) * (right - left);
      cursor.setAttribute('x1', x);
      cursor.setAttribute('x2', x);
      cursor.style.visibility = 'visible';
      series.forEach((one, i) => { values[i].textContent = one[nearest] == null ? '–' : one[nearest].toLocaleString('en'); });
    });
    svg.addEventListener('pointerleave', () => {
      cursor.style.visibility = 'hidden';
      values.forEach(value => { value.textContent = ''; });
    });
  }
}
