// The pictures that are published: each is made once and then drawn for every tick.
export const width = 640;
export const height = 360;

/** Four colours in the quarters; a marker runs along the middle line, so that no two frames are alike. */
async function quadrants() {
  const colours = ["rgb(200,40,40)", "rgb(40,160,60)", "rgb(40,60,200)", "rgb(210,200,60)"];
  return (context, tick) => {
    colours.forEach((colour, index) => {
      context.fillStyle = colour;
      context.fillRect(index % 2 * width / 2, Math.floor(index / 2) * height / 2, width / 2, height / 2);
    });
    context.fillStyle = "white";
    context.fillRect(tick * 8 % width, height / 2 - 12, 40, 24);
  };
}

/** A person before a checkerboard of 8 pixels; a marker at the lower edge moves. */
async function person() {
  const picture = await createImageBitmap(await (await fetch("/astronaut.png")).blob());
  return (context, tick) => {
    const square = 8;
    for (let y = 0; y < height; y += square) {
      for (let x = 0; x < width; x += square) {
        context.fillStyle = (x + y) / square % 2 ? "rgb(230,230,230)" : "rgb(60,60,60)";
        context.fillRect(x, y, square, square);
      }
    }
    context.drawImage(picture, (width - picture.width) / 2, 8);
    context.fillStyle = "white";
    context.fillRect(tick * 8 % width, height - 8, 40, 8);
  };
}

export const scenes = { quadrants, person };
