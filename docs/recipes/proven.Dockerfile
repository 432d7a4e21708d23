# Marks an image as proven: the labels say which profile it holds, by which data it was chosen, and
# what the policy gate said of it; the reports lie in it.  See docs/image-pipeline.md:
#   python docs/recipes/image_labels.py reports/verify.json --plan reports/plan.json \
#     | xargs -0 docker build --file docs/recipes/proven.Dockerfile --build-arg IMAGE=team/pytorch:candidate \
#         --tag team/pytorch:proven reports
ARG IMAGE
FROM ${IMAGE}
COPY --chmod=0444 . /usr/share/mlenv/
